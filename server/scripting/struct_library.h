// The table "struct" of scripts: values as packed bytes and back, by a format string, as the
// documentation of Redis's scripts describes it.
//
//   > <        big, little endian           ! !n       alignment (a power of 2)
//   b B        char, unsigned char          h H l L T  short, long, size_t
//   in In      integers of n bytes          f d        float, double
//   s          a string that ends with 0    cn         n bytes; c0: all, or as the last number says
//   x          a byte of padding            blanks are skipped
#pragma once

struct lua_State;

namespace rondo {

void push_struct_library(lua_State* lua);

}  // namespace rondo
