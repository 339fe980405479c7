#include "shard/commands/sort_options.h"

#include "protocol/errors.h"
#include "shard/commands/arguments.h"

namespace rondo {

SortPattern::SortPattern(std::string_view text) : text_(text), star_(text.find('*')) {
  if (!has_star()) return;
  behind_ = text.substr(star_ + 1);
  const size_t arrow = behind_.find("->");
  if (arrow == std::string_view::npos || arrow + 2 == behind_.size()) return;
  field_ = behind_.substr(arrow + 2);
  behind_ = behind_.substr(0, arrow);
}

void SortPattern::write_key(std::string_view element, std::string& key) const {
  key.assign(text_.substr(0, star_));
  key += element;
  key += behind_;
}

namespace {

// Takes the arguments of the option at `i`, and moves `i` to the last of them.
Error read_option(Args args, size_t& i, bool may_store, SortOptions& options) {
  const std::string_view word = args[i];
  const size_t left = args.size() - i - 1;
  if (is_word(word, "asc")) {
    options.descending = false;
  } else if (is_word(word, "desc")) {
    options.descending = true;
  } else if (is_word(word, "alpha")) {
    options.alpha = true;
  } else if (is_word(word, "limit") && left >= 2) {
    if (Error error = read_integer(args[i + 1], options.limit_start)) return error;
    if (Error error = read_integer(args[i + 2], options.limit_count)) return error;
    i += 2;
  } else if (may_store && is_word(word, "store") && left >= 1) {
    options.store = args[++i];
    options.stores = true;
  } else if (is_word(word, "by") && left >= 1) {
    options.by.assign(1, SortPattern(args[++i]));
    // A constant BY counts even when a pattern comes behind it.
    if (!options.by[0].has_star()) options.sorts = false;
  } else if (is_word(word, "get") && left >= 1) {
    options.get.emplace_back(args[++i]);
  } else {
    return errors::kSyntax;
  }
  return {};
}

// Calls visit(i) for the options at i, which skip their arguments. An unknown word is skipped too.
template <class Visit>
void for_each_option(Args args, Visit&& visit) {
  for (size_t i = 2; i < args.size(); ++i) {
    visit(i);
    if (is_word(args[i], "limit")) {
      i += 2;
    } else if (is_word(args[i], "by") || is_word(args[i], "get")) {
      i += 1;
    }
  }
}

}  // namespace

Error read_sort_options(Args args, bool may_store, SortOptions& options) {
  for (size_t i = 2; i < args.size(); ++i) {
    if (Error error = read_option(args, i, may_store, options)) return error;
  }
  return {};
}

Error sort_ro_keys(Args args, std::vector<int>& positions) {
  if (args.size() > 1) positions.push_back(1);
  return {};
}

Error sort_keys(Args args, std::vector<int>& positions) {
  if (args.size() > 1) positions.push_back(1);
  size_t store = 0;  // The last one counts.
  for_each_option(args, [&](size_t i) {
    if (is_word(args[i], "store") && i + 1 < args.size()) store = i + 1;
  });
  if (store != 0) positions.push_back(static_cast<int>(store));
  return {};
}

bool sort_reaches_far(Args args) {
  bool far = false;
  for_each_option(args, [&](size_t i) {
    const bool has_pattern = is_word(args[i], "by") || is_word(args[i], "get");
    if (!has_pattern || i + 1 == args.size()) return;
    far = far || SortPattern(args[i + 1]).has_star();
  });
  return far;
}

}  // namespace rondo
