#include "protocol/quote.h"

#include <utility>

namespace rondo {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool ends_plain_word(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Decodes what stands between double quotes. `at` is behind the opening one, and afterwards behind
// the closing one. False when that is missing.
bool decode_double_quoted(std::string_view line, size_t& at, std::string& out) {
  while (at < line.size()) {
    const char c = line[at++];
    if (c == '"') return true;
    if (c != '\\' || at == line.size()) {
      out.push_back(c);
      continue;
    }
    if (line[at] == 'x' && at + 2 < line.size()) {
      const int high = hex_value(line[at + 1]);
      const int low = hex_value(line[at + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high << 4 | low));
        at += 3;
        continue;
      }
    }
    out.push_back(unescape(line[at++]));
  }
  return false;
}

bool decode_single_quoted(std::string_view line, size_t& at, std::string& out) {
  while (at < line.size()) {
    const char c = line[at++];
    if (c == '\'') return true;
    const bool escaped = c == '\\' && at < line.size() && line[at] == '\'';
    out.push_back(escaped ? line[at++] : c);
  }
  return false;
}

// The length of the word at the start of `line` when its bytes stand there as they are: without
// quotes, or whole in quotes without a backslash. `word` gets them.
std::optional<size_t> verbatim_word(std::string_view line, std::string_view& word) {
  const char quote = line[0];
  if (quote == '"' || quote == '\'') {
    const size_t stop = line.find_first_of(quote == '"' ? "\"\\" : "'\\", 1);
    if (stop == std::string_view::npos || line[stop] == '\\') return {};
    word = line.substr(1, stop - 1);
    return stop + 1;
  }
  size_t length = 0;
  while (length < line.size() && !ends_plain_word(line[length])) {
    if (line[length] == '"' || line[length] == '\'') return {};
    ++length;
  }
  word = line.substr(0, length);
  return length;
}

}  // namespace

WordStatus next_word(std::string_view& line, std::string_view& word, std::string& scratch) {
  size_t at = 0;
  while (at < line.size() && is_space(line[at]))
    ++at;
  line.remove_prefix(at);
  if (line.empty()) return WordStatus::kEnd;
  bool quoted_word = line[0] == '"' || line[0] == '\'';
  if (const std::optional<size_t> length = verbatim_word(line, word)) {
    at = *length;
  } else {
    // A quote may also start in the middle of a word, and then ends it.
    scratch.clear();
    quoted_word = false;
    for (at = 0; at < line.size() && !quoted_word && !ends_plain_word(line[at]);) {
      const char c = line[at++];
      quoted_word = c == '"' || c == '\'';
      if (c == '"' && !decode_double_quoted(line, at, scratch)) return WordStatus::kUnbalanced;
      if (c == '\'' && !decode_single_quoted(line, at, scratch)) return WordStatus::kUnbalanced;
      if (!quoted_word) scratch.push_back(c);
    }
    word = scratch;
  }
  if (quoted_word && at < line.size() && !is_space(line[at])) return WordStatus::kUnbalanced;
  line.remove_prefix(at);
  return WordStatus::kWord;
}

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::string_view word;
  std::string scratch;
  for (;;) {
    switch (next_word(line, word, scratch)) {
      case WordStatus::kWord:
        words.emplace_back(word);
        break;
      case WordStatus::kEnd:
        return words;
      case WordStatus::kUnbalanced:
        return {};
    }
  }
}

void append_quoted(std::string& out, std::string_view bytes) {
  out.push_back('"');
  for (const char c : bytes) {
    switch (c) {
      case '\\':
      case '"':
        out.push_back('\\');
        out.push_back(c);
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          out.push_back(c);
        } else {
          constexpr char kHex[] = "0123456789abcdef";
          const auto byte = static_cast<uint8_t>(c);
          out += "\\x";
          out.push_back(kHex[byte >> 4]);
          out.push_back(kHex[byte & 15]);
        }
    }
  }
  out.push_back('"');
}

std::string quoted(std::string_view bytes) {
  std::string out;
  append_quoted(out, bytes);
  return out;
}

}  // namespace rondo
