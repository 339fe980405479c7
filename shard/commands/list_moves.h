// Taking elements out of lists and moving them, for all commands that do so: LPOP, LMPOP and LMOVE,
// and the blocking ones when a list has elements. They change the keyspaces that they are given and
// write the reply of what was taken. Used by the thread that holds the shards of these keyspaces.
#pragma once

#include <cstddef>

#include "protocol/args.h"
#include "protocol/error.h"
#include "protocol/reply.h"
#include "shard/key.h"
#include "shard/keyspace.h"
#include "shard/list_limits.h"
#include "shard/list_node.h"

namespace rondo {

class ListEdit;

// LEFT or RIGHT, in any case.
Error read_list_end(std::string_view argument, ListEnd& end);

// numkeys key [key ...] LEFT|RIGHT [COUNT count], from argument `at` on: what LMPOP and BLMPOP have
// in common.
struct ListPopOptions {
  size_t first_key = 0;  // The argument, and how many keys follow.
  size_t keys = 0;
  ListEnd end = ListEnd::kLeft;
  size_t count = 1;
};
Error read_list_pop_options(Args args, size_t at, ListPopOptions& options);

// Whether `key` has a list; lists are never empty. An error when it holds something else.
Error has_list(Keyspace& keyspace, const Key& key, bool& found);

// For all: pops from one end of the list at `key`. Writes the element, or an array of at most
// `count` elements, the outermost first. REQUIRES: has_list() found one; count > 0.
void pop_element(Keyspace& keyspace, const Key& key, const ListLimits& limits, ListEnd end,
                 Reply& reply);
void pop_elements(Keyspace& keyspace, const Key& key, const ListLimits& limits, ListEnd end,
                  size_t count, Reply& reply);
// The same for who has opened the list. REQUIRES: list.exists().
void pop_element(ListEdit& list, const Key& key, ListEnd end, Reply& reply);
void pop_elements(ListEdit& list, const Key& key, ListEnd end, size_t count, Reply& reply);

// One list and an end of it.
struct ListEndRef {
  Keyspace& keyspace;
  Key key;
  ListEnd end;
};

// Moves an element from one list to the other, which may be absent or the same, and writes the
// element. `moved` is false, and nothing is written, when there is no list to take it from. An
// error when one of them is no list; the second one is not looked at when there is no first.
Error move_element(const ListEndRef& from, const ListEndRef& to, const ListLimits& limits,
                   Reply& reply, bool& moved);

}  // namespace rondo
