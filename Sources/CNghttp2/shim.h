// The library needs no shim: its macros are enumerations.
#include <nghttp2/nghttp2.h>
