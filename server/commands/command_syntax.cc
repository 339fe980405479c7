#include "server/commands/command_syntax.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "server/text.h"

namespace rondo {
namespace {

using Type = SyntaxArgument::Type;
using Arguments = std::vector<SyntaxArgument>;

constexpr int kDepthMax = 8;
constexpr std::string_view kDots = "...";

constexpr std::pair<Type, std::string_view> kTypeNames[] = {
    {Type::kString, "string"}, {Type::kInteger, "integer"}, {Type::kDouble, "double"},
    {Type::kKey, "key"},       {Type::kPattern, "pattern"}, {Type::kUnixTime, "unix-time"},
    {Type::kOneof, "oneof"},   {Type::kBlock, "block"},     {Type::kPureToken, "pure-token"},
};

bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_in_name(char c) {
  return is_small(c) || is_digit(c) || c == '-' || c == '_';
}
bool is_in_word_token(char c) {
  return is_capital(c) || is_digit(c) || c == '-' || c == '_';
}
// Of a token with a name of its own, which may be of other signs: "=", "~", "*".
bool is_in_token(char c) {
  return std::string_view(" ()[]|@!#'").find(c) == std::string_view::npos;
}
bool is_in_version(char c) {
  return is_digit(c) || c == '.';
}

// Recursive descent. Each function reads what its name says from the front of `rest_`, or returns
// false, after which nothing more is read.
class Parser {
 public:
  explicit Parser(std::string_view syntax) : rest_(syntax) {}

  bool parse(Arguments& arguments) {
    return rest_.empty() || (parse_arguments(arguments) && rest_.empty());
  }

 private:
  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  template <class Belongs>
  std::string_view take_while(Belongs belongs) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), belongs);
    const std::string_view text = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(text.size());
    return text;
  }

  // "a [b] c"
  bool parse_arguments(Arguments& arguments) {
    do {
      if (!parse_argument(arguments)) return false;
    } while (skip(" "));
    return true;
  }

  bool parse_argument(Arguments& arguments) {
    SyntaxArgument& argument = arguments.emplace_back();
    argument.optional = skip("[");
    if (!parse_required(argument)) return false;
    return !argument.optional || skip("]");
  }

  bool parse_required(SyntaxArgument& argument) {
    if (!rest_.empty() && is_capital(rest_.front())) {
      argument.token = take_while(is_in_word_token);
      argument.multiple = argument.multiple_token = skip(kDots);
      const bool announces = rest_.size() >= 2 && rest_[0] == ' ' && is_small(rest_[1]);
      if (!announces) {
        argument.type = Type::kPureToken;
        argument.name = lower(*argument.token);
        return !argument.multiple && parse_marks(argument);
      }
      rest_.remove_prefix(1);
    }
    return parse_named(argument) && parse_marks(argument);
  }

  // "seconds:integer", "limit(a b)", "change=CH"
  bool parse_named(SyntaxArgument& argument) {
    if (rest_.empty() || !is_small(rest_.front())) return false;
    argument.name = take_while(is_in_name);
    if (skip("=")) {
      if (argument.token) return false;
      argument.type = Type::kPureToken;
      argument.token = take_while(is_in_token);
      return true;
    }
    if (skip("(")) return parse_group(argument);
    if (skip(":")) {
      if (!parse_type(argument.type)) return false;
    } else if (argument.name == "key") {
      argument.type = Type::kKey;
    }
    if (argument.type == Type::kKey) argument.key_spec = 0;
    return true;
  }

  bool parse_type(Type& type) {
    const std::string_view word = take_while(is_in_name);
    for (const auto& [known, name] : kTypeNames) {
      const bool is_written = known < Type::kPureToken;
      if (is_written && name == word) {
        type = known;
        return true;
      }
    }
    return false;
  }

  // What follows the '(' of "limit(a b)" and "where(A | B)".
  bool parse_group(SyntaxArgument& group) {
    if (++depth_ > kDepthMax) return false;
    if (!parse_arguments_or_choice(group)) return false;
    --depth_;
    return skip(")");
  }

  bool parse_arguments_or_choice(SyntaxArgument& group) {
    group.type = Type::kBlock;
    if (!parse_argument(group.arguments)) return false;
    if (!skip(" | ")) return !skip(" ") || parse_arguments(group.arguments);
    group.type = Type::kOneof;
    do {
      if (!parse_argument(group.arguments)) return false;
    } while (skip(" | "));
    return true;
  }

  bool parse_marks(SyntaxArgument& argument) {
    if (skip("'")) {
      argument.display_text = take_while([](char c) { return c != '\''; });
      if (argument.display_text.empty() || !skip("'")) return false;
    }
    if (skip("#") && !parse_key_spec(argument.key_spec)) return false;
    if (skip(kDots)) {
      if (argument.multiple) return false;
      argument.multiple = true;
    }
    if (skip("@") && !parse_version(argument.since)) return false;
    return !skip("!") || parse_version(argument.deprecated_since);
  }

  bool parse_key_spec(int& key_spec) {
    const std::string_view digits = take_while(is_digit);
    const char* end = digits.data() + digits.size();
    return !digits.empty() && std::from_chars(digits.data(), end, key_spec).ec == std::errc();
  }

  bool parse_version(std::string_view& version) {
    version = take_while(is_in_version);
    return !version.empty() && is_digit(version.front()) && is_digit(version.back());
  }

  std::string_view rest_;
  int depth_ = 0;
};

}  // namespace

std::optional<Arguments> parse_command_syntax(std::string_view syntax) {
  Arguments arguments;
  if (!Parser(syntax).parse(arguments)) return std::nullopt;
  return arguments;
}

std::string_view type_name(Type type) {
  for (const auto& [known, name] : kTypeNames) {
    if (known == type) return name;
  }
  return {};
}

}  // namespace rondo
