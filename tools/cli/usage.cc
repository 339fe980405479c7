#include "tools/cli/usage.h"

#include <algorithm>
#include <cctype>

namespace rondo::cli {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

// The value of a field in a map of RESP3 or the flat array that RESP2 has for one; null: none such.
const RespValue* find_field(const RespValue& map, std::string_view name) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].text == name) return &map.elements[i + 1];
  }
  return nullptr;
}

std::string text_field(const RespValue& map, std::string_view name) {
  const RespValue* value = find_field(map, name);
  return value != nullptr ? value->text : std::string();
}

bool has_flag(const RespValue& argument, std::string_view flag) {
  const RespValue* flags = find_field(argument, "flags");
  return flags != nullptr && std::any_of(flags->elements.begin(), flags->elements.end(),
                                         [&](const RespValue& word) { return word.text == flag; });
}

std::string join(const RespValue& arguments, std::string_view separator);

// Without its token, its repetition and its brackets.
std::string bare(const RespValue& argument, const std::string& type) {
  if (type == "oneof" || type == "block") {
    const RespValue* nested = find_field(argument, "arguments");
    if (nested == nullptr) return {};
    return join(*nested, type == "oneof" ? "|" : " ");
  }
  // Redis 7.0 has no text to display.
  const std::string shown = text_field(argument, "display_text");
  return shown.empty() ? text_field(argument, "name") : shown;
}

std::string argument_text(const RespValue& argument) {
  const std::string type = text_field(argument, "type");
  const RespValue* token = find_field(argument, "token");
  std::string text;
  if (type == "pure-token") {
    text = token != nullptr ? token->text : std::string();
  } else {
    const std::string announced = token != nullptr ? token->text + " " : std::string();
    const std::string value = bare(argument, type);
    text = announced + value;
    if (has_flag(argument, "multiple")) {
      text += " [" + (has_flag(argument, "multiple_token") ? announced : std::string()) + value +
              " ...]";
    }
  }
  return has_flag(argument, "optional") ? "[" + text + "]" : text;
}

std::string join(const RespValue& arguments, std::string_view separator) {
  std::string text;
  for (const RespValue& argument : arguments.elements) {
    if (!text.empty()) text += separator;
    text += argument_text(argument);
  }
  return text;
}

}  // namespace

std::optional<CommandUsage> find_usage(const RespValue& reply, std::span<const std::string> words) {
  if (words.empty() || reply.elements.size() < 2) return std::nullopt;
  std::string name = upper(words[0]);
  const RespValue* docs = &reply.elements[1];
  const RespValue* subcommands = find_field(*docs, "subcommands");
  if (subcommands != nullptr && words.size() > 1) {
    const std::string full_name = name + '|' + upper(words[1]);
    for (size_t i = 0; i + 1 < subcommands->elements.size(); i += 2) {
      if (upper(subcommands->elements[i].text) != full_name) continue;
      docs = &subcommands->elements[i + 1];
      name += ' ' + upper(words[1]);
    }
  }
  CommandUsage usage{.line = name, .docs = docs->elements};
  if (const RespValue* arguments = find_field(*docs, "arguments")) {
    const std::string text = join(*arguments, " ");
    if (!text.empty()) usage.line += ' ' + text;
  }
  return usage;
}

}  // namespace rondo::cli
