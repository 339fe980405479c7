#include "shard/commands/list_search.h"

#include <algorithm>
#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/list_value.h"

namespace rondo {

namespace {

struct LposOptions {
  int64_t rank = 1;        // Which match is the first one; negative: from the end.
  int64_t count = -1;      // How many matches, 0 for all; negative: one, and no array.
  int64_t length_max = 0;  // How many elements to look at, 0 for all.
};

// A number that is not negative; any other argument gets the text `error`.
Error read_natural(std::string_view argument, const char* error, int64_t& value) {
  if (read_integer(argument, value) || value < 0) return error;
  return {};
}

Error read_rank(std::string_view argument, int64_t& rank) {
  if (Error error = read_integer(argument, rank)) return error;
  if (rank == INT64_MIN) {
    return "ERR value is out of range, value must between -9223372036854775807 and "
           "9223372036854775807";
  }
  if (rank == 0) {
    return "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
           "use negative to start from the end of the list";
  }
  return {};
}

Error read_lpos_options(const Call& call, LposOptions& options) {
  for (size_t i = 3; i < call.size(); i += 2) {
    if (i + 1 == call.size()) return errors::kSyntax;
    const std::string_view value = call.args()[i + 1];
    Error error;
    if (is_word(call.args()[i], "rank")) {
      error = read_rank(value, options.rank);
    } else if (is_word(call.args()[i], "count")) {
      error = read_natural(value, "ERR COUNT can't be negative", options.count);
    } else if (is_word(call.args()[i], "maxlen")) {
      error = read_natural(value, "ERR MAXLEN can't be negative", options.length_max);
    } else {
      error = errors::kSyntax;
    }
    if (error) return error;
  }
  return {};
}

// Collects the indexes of elements that are equal to a wanted one, in the order of a search.
class Matches {
 public:
  Matches(const PackedElement& wanted, const LposOptions& options, size_t size)
      : wanted_(wanted),
        skip_(static_cast<uint64_t>(options.rank > 0 ? options.rank : -options.rank) - 1),
        limit_(limit_of(options)),
        left_(options.length_max == 0 ? size : std::min<size_t>(size, options.length_max)) {}

  void search_forward(const ListView& list);
  void search_backward(const ListView& list);
  const std::vector<size_t>& found() const { return found_; }

 private:
  static size_t limit_of(const LposOptions& options) {
    if (options.count < 0) return 1;
    return options.count == 0 ? SIZE_MAX : static_cast<size_t>(options.count);
  }
  // The indexes of the equal ones among `elements`, the first of which is number `first`, go to
  // here_, at most `most`. A search for bytes is quicker than a look at each element.
  void find_all(const PackedView& elements, size_t first, size_t most);
  // Element `index` is equal; false when the search ends with it.
  bool add(size_t index) {
    if (skip_ > 0) {
      --skip_;
      return true;
    }
    found_.push_back(index);
    return found_.size() < limit_;
  }

  const PackedElement& wanted_;
  uint64_t skip_;
  const size_t limit_;
  size_t left_;  // Elements that may still be looked at.
  std::vector<size_t> here_;
  std::vector<size_t> found_;
};

void Matches::find_all(const PackedView& elements, size_t first, size_t most) {
  here_.clear();
  size_t counted = elements.begin();
  size_t at = counted;
  while (here_.size() < most) {
    at = elements.find(wanted_, at, 1);
    if (at == elements.end()) return;
    for (; counted < at; counted = elements.next(counted))
      ++first;
    here_.push_back(first);
    at = elements.next(at);
  }
}

void Matches::search_forward(const ListView& list) {
  const size_t most = limit_ > SIZE_MAX - skip_ ? SIZE_MAX : limit_ + skip_;
  size_t first = 0;  // The index of the node's first element.
  for (size_t i = 0; i < list.nodes() && left_ > 0; ++i) {
    const PackedView elements = list.node(i);
    find_all(elements, first, most);
    for (const size_t index : here_) {
      if (index - first >= left_ || !add(index)) return;
    }
    first += elements.count();
    left_ -= std::min(left_, elements.count());
  }
}

void Matches::search_backward(const ListView& list) {
  size_t end = list.size();  // The index behind the node's last element.
  for (size_t i = list.nodes(); i-- > 0 && left_ > 0;) {
    const PackedView elements = list.node(i);
    find_all(elements, end - elements.count(), SIZE_MAX);
    for (size_t j = here_.size(); j-- > 0;) {
      if (end - here_[j] > left_ || !add(here_[j])) return;
    }
    end -= elements.count();
    left_ -= std::min(left_, elements.count());
  }
}

Error lpos(Call& call) {
  LposOptions options;
  if (Error error = read_lpos_options(call, options)) return error;
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kList, entry)) return error;
  const ListView list(entry);
  const PackedElement wanted(call[2]);
  Matches matches(wanted, options, list.size());
  options.rank > 0 ? matches.search_forward(list) : matches.search_backward(list);
  const std::vector<size_t>& found = matches.found();
  if (options.count < 0) {
    if (found.empty()) {
      call.reply().null();
    } else {
      call.reply().integer(static_cast<int64_t>(found.front()));
    }
    return {};
  }
  call.reply().array(found.size());
  for (const size_t index : found)
    call.reply().integer(static_cast<int64_t>(index));
  return {};
}

const Command kRows[] = {
    {.name = "lpos",
     .arity = -3,
     .flags = kReadonly,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = lpos,
     .group = "list",
     .since = "6.0.6",
     .summary = "Returns the indexes of elements that are equal to a given one.",
     .complexity = "O(N), N elements that are looked at",
     .syntax = "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]"},
};

}  // namespace

std::span<const Command> list_search_commands() {
  return kRows;
}

}  // namespace rondo
