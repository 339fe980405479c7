// The arguments of a command, read from the `syntax` of its row, which is close to the line that a
// manual prints:
//
//     key value [condition(NX | XX)@2.6.12] [GET@6.2.0] [expiration(EX seconds:integer | KEEPTTL)]
//
//     value               an argument by its name; a string
//     seconds:integer     of another type: string, integer, double, key, pattern or unix-time
//     key                 without a type: a key, whose use stands first in the row
//     newkey:key#1        a key, or a pattern of keys, whose use stands second
//     NX                  a token: this word itself; its name is the same in lower case
//     change=CH           a token with another name, and one that is not written in capitals
//     EX seconds:integer  an argument that a token announces; a group of them as well
//     limit(a b)          a block: all of them
//     where(LEFT | RIGHT) one of them
//     [a]                 optional
//     a...                once or more often
//     GET... a            the same, each time with the token
//     a'b'                people are shown another name
//     a@6.2.0             since this version; a!2.8.12: deprecated since then
//
// The marks of an argument stand behind it in this order: type or group, 'b', #1, ..., @6.2.0,
// !2.8.12. The words are those of COMMAND DOCS (https://redis.io/docs/reference/command-arguments).
//
// Pure functions; any thread. Nothing is read before COMMAND DOCS asks for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

struct SyntaxArgument {
  enum class Type : uint8_t {
    kString,
    kInteger,
    kDouble,
    kKey,
    kPattern,
    kUnixTime,
    kPureToken,
    kOneof,
    kBlock,
  };
  static constexpr int kNoKeySpec = -1;

  std::string name;
  Type type = Type::kString;
  std::optional<std::string_view> token;  // Views are into the syntax.
  std::string_view display_text;          // Empty: the name.
  int key_spec = kNoKeySpec;              // Which of the row's key uses.
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;
  std::string_view since;
  std::string_view deprecated_since;
  std::vector<SyntaxArgument> arguments;  // Of a block or a choice.
};

// The arguments in their order, or nothing when the syntax is wrong.
std::optional<std::vector<SyntaxArgument>> parse_command_syntax(std::string_view syntax);

// "pure-token", as COMMAND DOCS says it.
std::string_view type_name(SyntaxArgument::Type type);

}  // namespace rondo
