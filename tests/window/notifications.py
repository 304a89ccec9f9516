"""A notification daemon for tests: writes each notification it is handed as a line of JSON to standard output."""

import json

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

INTERFACE = """
<node>
  <interface name="org.freedesktop.Notifications">
    <method name="Notify">
      <arg type="s" name="app" direction="in"/>
      <arg type="u" name="replaces" direction="in"/>
      <arg type="s" name="icon" direction="in"/>
      <arg type="s" name="title" direction="in"/>
      <arg type="s" name="body" direction="in"/>
      <arg type="as" name="actions" direction="in"/>
      <arg type="a{sv}" name="hints" direction="in"/>
      <arg type="i" name="timeout" direction="in"/>
      <arg type="u" name="id" direction="out"/>
    </method>
    <method name="CloseNotification"><arg type="u" name="id" direction="in"/></method>
    <method name="GetCapabilities"><arg type="as" name="names" direction="out"/></method>
    <method name="GetServerInformation">
      <arg type="s" name="name" direction="out"/>
      <arg type="s" name="vendor" direction="out"/>
      <arg type="s" name="version" direction="out"/>
      <arg type="s" name="specification" direction="out"/>
    </method>
  </interface>
</node>
"""


def say(line):
    print(json.dumps(line), flush=True)


count = 0


def called(_bus, _sender, _path, _interface, method, arguments, call):
    global count
    if method == "Notify":
        count += 1
        app, _, _, title, body, *_ = arguments.unpack()
        say({"app": app, "title": title, "body": body})
        call.return_value(GLib.Variant("(u)", (count,)))
    elif method == "GetCapabilities":
        call.return_value(GLib.Variant("(as)", (["body", "actions"],)))
    elif method == "GetServerInformation":
        call.return_value(GLib.Variant("(ssss)", ("catcher", "paydesk", "1", "1.2")))
    else:
        call.return_value(None)


def own(bus, _name):
    interface = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]
    bus.register_object("/org/freedesktop/Notifications", interface, called, None, None)


Gio.bus_own_name(
    Gio.BusType.SESSION,
    "org.freedesktop.Notifications",
    Gio.BusNameOwnerFlags.NONE,
    own,
    lambda *_: say({"ready": True}),
    None,
)
GLib.MainLoop().run()
