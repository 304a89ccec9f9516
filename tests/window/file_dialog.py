"""Answers the file dialog that is open, or opens soon, on the display: types the path and presses Enter."""

import ctypes
import sys
import time

PATIENCE = 40
x11 = ctypes.CDLL("libX11.so.6")
tst = ctypes.CDLL("libXtst.so.6")
Window = ctypes.c_ulong
x11.XOpenDisplay.restype = ctypes.c_void_p
x11.XDefaultRootWindow.restype = Window
x11.XInternAtom.restype = ctypes.c_ulong
x11.XStringToKeysym.restype = ctypes.c_ulong
x11.XKeysymToKeycode.restype = ctypes.c_ubyte

display = ctypes.c_void_p(x11.XOpenDisplay(None))
if not display:
    sys.exit("there is no display")
# A window may go while it is looked at: that is no reason to end.
IGNORE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda _display, _error: 0)
x11.XSetErrorHandler(IGNORE)


class Attributes(ctypes.Structure):
    """XWindowAttributes, as far as `map_state`."""

    _fields_ = [
        ("x", ctypes.c_int),
        ("y", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("border_width", ctypes.c_int),
        ("depth", ctypes.c_int),
        ("visual", ctypes.c_void_p),
        ("root", Window),
        ("kind", ctypes.c_int),
        ("bit_gravity", ctypes.c_int),
        ("win_gravity", ctypes.c_int),
        ("backing_store", ctypes.c_int),
        ("backing_planes", ctypes.c_ulong),
        ("backing_pixel", ctypes.c_ulong),
        ("save_under", ctypes.c_int),
        ("colormap", ctypes.c_ulong),
        ("map_installed", ctypes.c_int),
        ("map_state", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    ]


def atom(name):
    return x11.XInternAtom(display, name.encode(), 0)


def property_of(window, name):
    """The first number of a property, or 0."""
    kind, form, count, after = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
    data = ctypes.POINTER(ctypes.c_ulong)()
    x11.XGetWindowProperty(
        display, Window(window), ctypes.c_ulong(atom(name)), ctypes.c_long(0), ctypes.c_long(1), 0,
        ctypes.c_ulong(0), ctypes.byref(kind), ctypes.byref(form), ctypes.byref(count),
        ctypes.byref(after), ctypes.byref(data),
    )
    return data[0] if count.value else 0


def file_dialog():
    root, parent = Window(), Window()
    children, count = ctypes.POINTER(Window)(), ctypes.c_uint()
    x11.XQueryTree(
        display, Window(x11.XDefaultRootWindow(display)), ctypes.byref(root), ctypes.byref(parent),
        ctypes.byref(children), ctypes.byref(count),
    )
    for at in range(count.value):
        attributes = Attributes()
        if not x11.XGetWindowAttributes(display, Window(children[at]), ctypes.byref(attributes)):
            continue
        viewable = attributes.map_state == 2
        if viewable and property_of(children[at], "_NET_WM_WINDOW_TYPE") == atom("_NET_WM_WINDOW_TYPE_DIALOG"):
            return children[at]
    return None


def found_within(seconds, look):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    return None


NAMES = {"/": "slash", ".": "period", "-": "minus", "_": "underscore", " ": "space"}
SHIFTED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"


def key(name, *held):
    codes = [x11.XKeysymToKeycode(display, x11.XStringToKeysym(each.encode())) for each in (*held, name)]
    for code in codes:
        tst.XTestFakeKeyEvent(display, code, 1, 0)
    for code in reversed(codes):
        tst.XTestFakeKeyEvent(display, code, 0, 0)
    x11.XSync(display, 0)


def answer(dialog, path):
    x11.XRaiseWindow(display, Window(dialog))
    x11.XSetInputFocus(display, Window(dialog), 2, 0)
    x11.XSync(display, 0)
    time.sleep(0.5)  # nothing tells when it is drawn and takes keys
    key("l", "Control_L")  # the place where a path is typed
    time.sleep(0.2)
    key("a", "Control_L")
    for character in path:
        held = ["Shift_L"] if character in SHIFTED else []
        key(NAMES.get(character, character), *held)
    time.sleep(0.3)  # it looks for files that begin like this, and takes no Enter meanwhile
    key("Return")


dialog = found_within(PATIENCE, file_dialog)
if not dialog:
    sys.exit("no file dialog has opened")
until = time.monotonic() + PATIENCE
while time.monotonic() < until:
    # One that was not drawn yet has lost some of it: then it is typed anew.
    answer(dialog, sys.argv[1])
    if found_within(3, lambda: file_dialog() != dialog):
        sys.exit(0)
sys.exit("the file dialog does not close")
