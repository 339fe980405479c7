#include "server/commands/command_docs.h"

#include <algorithm>
#include <array>

#include "reactor/base/check.h"
#include "server/commands/command_syntax.h"

namespace rondo {
namespace {

void reply_arguments(Reply& reply, const std::vector<SyntaxArgument>& arguments);

void reply_field(Reply& reply, std::string_view name, std::string_view value) {
  reply.bulk(name);
  reply.bulk(value);
}

void reply_flags(Reply& reply, const SyntaxArgument& argument) {
  reply.bulk("flags");
  reply.set(static_cast<size_t>(argument.optional + argument.multiple + argument.multiple_token));
  if (argument.optional) reply.simple("optional");
  if (argument.multiple) reply.simple("multiple");
  if (argument.multiple_token) reply.simple("multiple_token");
}

void reply_argument(Reply& reply, const SyntaxArgument& argument) {
  using Type = SyntaxArgument::Type;
  const bool is_group = argument.type == Type::kOneof || argument.type == Type::kBlock;
  const bool has_key = argument.key_spec != SyntaxArgument::kNoKeySpec;
  const bool has_flags = argument.optional || argument.multiple;
  // A group has its arguments where others have the text to display.
  reply.map(static_cast<size_t>(3 + has_key + argument.token.has_value() + !argument.since.empty() +
                                !argument.deprecated_since.empty() + has_flags));
  reply_field(reply, "name", argument.name);
  reply_field(reply, "type", type_name(argument.type));
  if (!is_group) {
    const bool is_renamed = !argument.display_text.empty();
    reply_field(reply, "display_text", is_renamed ? argument.display_text : argument.name);
  }
  if (has_key) {
    reply.bulk("key_spec_index");
    reply.integer(argument.key_spec);
  }
  if (argument.token) reply_field(reply, "token", *argument.token);
  if (!argument.since.empty()) reply_field(reply, "since", argument.since);
  if (!argument.deprecated_since.empty()) {
    reply_field(reply, "deprecated_since", argument.deprecated_since);
  }
  if (has_flags) reply_flags(reply, argument);
  if (is_group) reply_arguments(reply, argument.arguments);
}

void reply_arguments(Reply& reply, const std::vector<SyntaxArgument>& arguments) {
  reply.bulk("arguments");
  reply.array(arguments.size());
  for (const SyntaxArgument& argument : arguments)
    reply_argument(reply, argument);
}

void reply_doc_flags(Reply& reply, const Command& row) {
  const bool is_deprecated = !row.deprecated_since.empty();
  reply.bulk("doc_flags");
  reply.set(static_cast<size_t>(is_deprecated + row.is_internal));
  if (is_deprecated) reply.simple("deprecated");
  if (row.is_internal) reply.simple("syscmd");
}

// Fields of which those are said that have a value.
struct Text {
  std::string_view name;
  std::string_view value;
};
using Texts = std::array<Text, 4>;

size_t count_said(const Texts& texts) {
  return static_cast<size_t>(std::count_if(texts.begin(), texts.end(),
                                           [](const Text& text) { return !text.value.empty(); }));
}

void reply_said(Reply& reply, const Texts& texts) {
  for (const Text& text : texts) {
    if (!text.value.empty()) reply_field(reply, text.name, text.value);
  }
}

}  // namespace

void reply_command_docs(Reply& reply, const Command& row) {
  const auto arguments = parse_command_syntax(row.syntax);
  CHECK(arguments.has_value());
  const Texts texts = {{{"summary", row.summary},
                        {"since", row.since},
                        {"group", row.group},
                        {"complexity", row.complexity}}};
  const Texts instead = {
      {{"deprecated_since", row.deprecated_since}, {"replaced_by", row.replaced_by}}};
  const bool has_flags = row.is_internal || !row.deprecated_since.empty();
  reply.bulk(row.name);
  reply.map(count_said(texts) + has_flags + count_said(instead) + !arguments->empty() +
            !row.subcommands.empty());
  reply_said(reply, texts);
  if (has_flags) reply_doc_flags(reply, row);
  reply_said(reply, instead);
  if (!arguments->empty()) reply_arguments(reply, *arguments);
  if (row.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(row.subcommands.size());
  for (const Command& sub : row.subcommands)
    reply_command_docs(reply, sub);
}

}  // namespace rondo
