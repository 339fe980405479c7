// Redis's quoting of bytes as text: the words of inline commands, of redis.conf and of the
// command-line client, and the escaped form that MONITOR and the client print. Any thread.
//
//   plain words   end at a space, tab, CR, LF
//   "in quotes"   \n \r \t \b \a \xHH; a backslash before any other byte stands for that byte
//   'like this'   only \' is special
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

enum class WordStatus : uint8_t {
  kWord,
  kEnd,         // Only spaces were left.
  kUnbalanced,  // A quote is not closed, or a closing one is followed by something else.
};

// Takes the next word off the front of `line`. `word` is a part of the line where its bytes stand
// there as they are; otherwise they are put into `scratch` and `word` refers to that.
WordStatus next_word(std::string_view& line, std::string_view& word, std::string& scratch);

// All words of `line`; none when the quotes are unbalanced.
std::optional<std::vector<std::string>> split_words(std::string_view line);

// Appends `bytes` in double quotes with everything but printable ASCII escaped. split_words() gives
// the same bytes back.
void append_quoted(std::string& out, std::string_view bytes);
std::string quoted(std::string_view bytes);

}  // namespace rondo
