// Small pure functions on the texts of options and of administrative commands. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondo {

// True if both are the same in any case of ASCII letters.
bool same_word(std::string_view one, std::string_view other);
std::string lower(std::string_view text);
std::string upper(std::string_view text);

// "512", "1k" (1000), "1kb" (1024), "64mb", "1gb", in any case; none when it is anything else or
// does not fit.
std::optional<int64_t> parse_bytes(std::string_view text);
// The shortest form that parse_bytes() reads back: "64mb".
std::string format_bytes(int64_t bytes);
// The database of a client after SELECT `index`, which is refused when there is none such.
int database_after_select(std::string_view index, int64_t databases, int before);
// For people: "1.50M".
std::string human_bytes(uint64_t bytes);

}  // namespace rondo
