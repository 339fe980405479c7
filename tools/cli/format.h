// Replies as text, in the forms that redis-cli prints: readable with types and numbering, raw for
// pipes, CSV and JSON. All return the text without the line end that goes after a whole reply.
#pragma once

#include <string>

#include "protocol/resp_reader.h"
#include "tools/cli/options.h"

namespace rondo::cli {

// (integer) 1, "text", 1) ..., 1# ... => ..., 1~ ...
std::string format_readable(const RespValue& value);

// Bytes as they are, with `delimiter` between the elements of an aggregate.
std::string format_raw(const RespValue& value, const std::string& delimiter);

// One line; nested aggregates are flattened.
std::string format_csv(const RespValue& value);

// One line; `ascii` escapes everything outside ASCII.
std::string format_json(const RespValue& value, bool ascii);

}  // namespace rondo::cli
