// The table "cmsgpack" of scripts: values as MessagePack (github.com/msgpack/msgpack, spec.md) and
// back, as Redis's scripts know it. Numbers without a fraction are packed as integers, tables as
// arrays when their keys are 1 to n; what has no form, and tables in more than 16 others, as nil.
#pragma once

struct lua_State;

namespace rondo {

void push_msgpack_library(lua_State* lua);

}  // namespace rondo
