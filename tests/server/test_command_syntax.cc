// The notation of a row's arguments: what each form of it means, and what is refused.
#include "server/commands/command_syntax.h"

#include "tests/testing.h"

namespace rondo {
namespace {

using Type = SyntaxArgument::Type;
using Arguments = std::vector<SyntaxArgument>;

Arguments parse(std::string_view syntax) {
  INFO(syntax);
  std::optional<Arguments> arguments = parse_command_syntax(syntax);
  REQUIRE(arguments.has_value());
  return *arguments;
}

SyntaxArgument parse_one(std::string_view syntax) {
  const Arguments arguments = parse(syntax);
  REQUIRE_EQ(arguments.size(), 1);
  return arguments[0];
}

std::string names(const Arguments& arguments) {
  std::string text;
  for (const SyntaxArgument& argument : arguments)
    text += (text.empty() ? "" : " ") + argument.name;
  return text;
}

TEST_CASE("command syntax: no arguments") {
  CHECK(parse("").empty());
}

TEST_CASE("command syntax: a bare name is a string without anything else") {
  const SyntaxArgument value = parse_one("serialized-value");
  CHECK_EQ(value.name, "serialized-value");
  CHECK((value.type == Type::kString));
  CHECK_FALSE(value.token.has_value());
  CHECK(value.display_text.empty());
  CHECK_EQ(value.key_spec, SyntaxArgument::kNoKeySpec);
  CHECK_FALSE((value.optional || value.multiple || value.multiple_token));
  CHECK((value.since.empty() && value.deprecated_since.empty() && value.arguments.empty()));
}

TEST_CASE("command syntax: types") {
  const Arguments all =
      parse("a:string b:integer c:double d:key e:pattern f:unix-time g(h) i(j | k) L");
  const Type types[] = {Type::kString, Type::kInteger, Type::kDouble,
                        Type::kKey,    Type::kPattern, Type::kUnixTime,
                        Type::kBlock,  Type::kOneof,   Type::kPureToken};
  const char* words[] = {"string",    "integer", "double", "key",       "pattern",
                         "unix-time", "block",   "oneof",  "pure-token"};
  REQUIRE_EQ(all.size(), std::size(types));
  for (size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    CHECK((all[i].type == types[i]));
    CHECK_EQ(type_name(all[i].type), words[i]);
  }
}

TEST_CASE("command syntax: keys know where their use stands") {
  const Arguments all = parse("key source:key destination:key#1 by:pattern#12 key:string key#2");
  REQUIRE_EQ(all.size(), 6);
  CHECK((all[0].type == Type::kKey));
  CHECK_EQ(all[0].key_spec, 0);
  CHECK_EQ(all[1].key_spec, 0);
  CHECK_EQ(all[2].key_spec, 1);
  CHECK((all[3].type == Type::kPattern));
  CHECK_EQ(all[3].key_spec, 12);
  CHECK((all[4].type == Type::kString));
  CHECK_EQ(all[4].key_spec, SyntaxArgument::kNoKeySpec);
  CHECK((all[5].type == Type::kKey));
  CHECK_EQ(all[5].key_spec, 2);
}

TEST_CASE("command syntax: a token stands alone, or announces what follows") {
  const Arguments all = parse("LIB-NAME [EX seconds:integer] LIMIT limit(offset count) NO ONE");
  CHECK_EQ(names(all), "lib-name seconds limit no one");
  CHECK((all[0].type == Type::kPureToken));
  CHECK_EQ(all[0].token.value(), "LIB-NAME");
  CHECK((all[1].type == Type::kInteger));
  CHECK(all[1].optional);
  CHECK_EQ(all[1].token.value(), "EX");
  CHECK((all[2].type == Type::kBlock));
  CHECK_EQ(all[2].token.value(), "LIMIT");
  CHECK_EQ(names(all[2].arguments), "offset count");
  CHECK_EQ(all[3].token.value(), "NO");
  CHECK_EQ(all[4].token.value(), "ONE");
  // One with marks stands alone.
  const Arguments marked = parse("NOW@7.0.0 value");
  CHECK_EQ(names(marked), "now value");
  CHECK_FALSE(marked[1].token.has_value());
}

TEST_CASE("command syntax: a token with a name of its own") {
  const Arguments all = parse("[change=CH@3.0.2] operator(equal== | about=~) id=* none= value");
  CHECK_EQ(names(all), "change operator id none value");
  CHECK((all[0].type == Type::kPureToken));
  CHECK_EQ(all[0].token.value(), "CH");
  CHECK_EQ(all[0].since, "3.0.2");
  CHECK_EQ(all[1].arguments[0].token.value(), "=");
  CHECK_EQ(all[1].arguments[1].token.value(), "~");
  CHECK_EQ(all[2].token.value(), "*");
  CHECK_EQ(all[3].token.value(), "");
}

TEST_CASE("command syntax: blocks and choices inside one another") {
  const SyntaxArgument filter =
      parse_one("filter(old!2.8.12 | new([ID id:integer] | [TYPE type(A | B c)])...)");
  CHECK((filter.type == Type::kOneof));
  CHECK_EQ(names(filter.arguments), "old new");
  CHECK_EQ(filter.arguments[0].deprecated_since, "2.8.12");
  const SyntaxArgument& fresh = filter.arguments[1];
  CHECK((fresh.type == Type::kOneof));
  CHECK(fresh.multiple);
  CHECK_FALSE(fresh.multiple_token);
  REQUIRE_EQ(names(fresh.arguments), "id type");
  CHECK(fresh.arguments[0].optional);
  const SyntaxArgument& type = fresh.arguments[1];
  CHECK_EQ(type.token.value(), "TYPE");
  CHECK(type.optional);
  CHECK((type.type == Type::kOneof));
  REQUIRE_EQ(names(type.arguments), "a c");
  CHECK_EQ(type.arguments[1].token.value(), "B");
}

TEST_CASE("command syntax: marks") {
  const SyntaxArgument all = parse_one("[GET get-pattern:pattern'pattern'#1...@6.2.0!7.0.0]");
  CHECK_EQ(all.name, "get-pattern");
  CHECK_EQ(all.display_text, "pattern");
  CHECK_EQ(all.key_spec, 1);
  CHECK((all.optional && all.multiple && !all.multiple_token));
  CHECK_EQ(all.since, "6.2.0");
  CHECK_EQ(all.deprecated_since, "7.0.0");
  const SyntaxArgument repeated = parse_one("GET... pattern");
  CHECK((repeated.multiple && repeated.multiple_token && !repeated.optional));
  const SyntaxArgument group = parse_one("data(key value)...@2.0.0");
  CHECK((group.type == Type::kBlock && group.multiple));
  CHECK_EQ(group.since, "2.0.0");
}

TEST_CASE("command syntax: what is wrong is refused") {
  for (const char* wrong : {
           " ",
           " a",
           "a ",
           "a  b",
           "[a",
           "a]",
           "[]",
           "[[a]]",
           "[a b]",
           "a[b]",
           "a(",
           "a()",
           "a(b",
           "a(b))",
           "a(b |)",
           "a(| b)",
           "a(b| c)",
           "a(b |c)",
           "a(b c | d)",
           "a(b | c d)",
           "a | b",
           "(a b)",
           "a:",
           "a:text",
           "a:oneof",
           "a:block",
           "a:pure-token",
           "a:integer:integer",
           "a#",
           "a#x",
           "a#99999999999",
           "a''",
           "a'b",
           "a@",
           "a@x",
           "a@.1",
           "a@1.",
           "a!",
           "a!1.0@2.0",
           "a@1.0@2.0",
           "a...#1",
           "a......",
           "A... b...",
           "A...",
           "A... B",
           "A  b",
           "A b=C",
           "=A",
           "-a",
           "1",
           "Ab",
           "aB",
           "a,b",
           "a\tb",
           "\xc3\xa4",
       }) {
    CHECK_MESSAGE(!parse_command_syntax(wrong).has_value(), "taken: '" << wrong << "'");
  }
}

TEST_CASE("command syntax: groups end somewhere") {
  const auto nested = [](size_t depth) {
    std::string syntax;
    for (size_t i = 0; i < depth; ++i)
      syntax += "a(";
    return syntax + "b" + std::string(depth, ')');
  };
  CHECK(parse_command_syntax(nested(8)).has_value());
  CHECK_FALSE(parse_command_syntax(nested(9)).has_value());
  CHECK_FALSE(parse_command_syntax(nested(100'000)).has_value());
}

// Every beginning of a right syntax, and every syntax with one sign taken out, is read to its end
// or refused, and never more of it than there is.
TEST_CASE("command syntax: beginnings and gaps") {
  const std::string syntax =
      "key [condition(NX | XX)@2.6.12] [GET... by:pattern'p'#1!3.0] data(score:double id=*)...";
  REQUIRE(parse_command_syntax(syntax).has_value());
  size_t taken = 0;
  for (size_t size = 0; size < syntax.size(); ++size) {
    const std::string beginning = syntax.substr(0, size);
    taken += parse_command_syntax(beginning).has_value();
    std::string gap = syntax;
    gap.erase(size, 1);
    static_cast<void>(parse_command_syntax(gap));
  }
  // "", "k", "ke", "key", and each of the two optional ones when it is closed, then "d" to "data"
  // and the whole group without its dots.
  CHECK_EQ(taken, 11);
}

}  // namespace
}  // namespace rondo
