// Rows of the command table as replies: what COMMAND INFO says of one command, and the names of
// flags and ACL categories.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/reply.h"
#include "shard/command.h"

namespace rondo {

// The row of "get" or "config|get"; null when there is no such command.
const Command* find_full_name(std::string_view name);

// Names of a row's flags, in Redis's order.
std::vector<std::string_view> flag_names(const Command& row);
// AclCategory bits with those that follow from the flags.
uint32_t acl_categories(const Command& row);
// The bit of a category's name without '@'; 0: there is none.
uint32_t acl_category(std::string_view name);

void reply_command_info(Reply& reply, const Command& row);
// The words of a key's use: "RO", "access".
void reply_key_use(Reply& reply, const Command& row, size_t key);

}  // namespace rondo
