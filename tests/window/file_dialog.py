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


def wait_until(look):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    sys.exit("waited in vain for a file dialog to open or to close")


NAMES = {"/": "slash", ".": "period", "-": "minus", "_": "underscore", " ": "space"}
SHIFTED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"


def key(name, *held):
    codes = [x11.XKeysymToKeycode(display, x11.XStringToKeysym(each.encode())) for each in (*held, name)]
    for code in codes:
        tst.XTestFakeKeyEvent(display, code, 1, 0)
    for code in reversed(codes):
        tst.XTestFakeKeyEvent(display, code, 0, 0)
    x11.XSync(display, 0)


dialog = wait_until(file_dialog)
time.sleep(0.5)  # it is drawn before it takes keys
x11.XRaiseWindow(display, Window(dialog))
x11.XSetInputFocus(display, Window(dialog), 2, 0)
x11.XSync(display, 0)
key("l", "Control_L")
time.sleep(0.2)
key("a", "Control_L")
for character in sys.argv[1]:
    held = ["Shift_L"] if character in SHIFTED else []
    key(NAMES.get(character, character), *held)
time.sleep(0.3)
key("Return")
wait_until(lambda: file_dialog() != dialog)
