#include "shard/commands/lcs.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "protocol/errors.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"
#include "shard/commands/string_value.h"

namespace rondo {

namespace {

struct Options {
  bool length = false;             // LEN
  bool ranges = false;             // IDX
  bool with_match_length = false;  // WITHMATCHLEN
  int64_t match_length_min = 0;    // MINMATCHLEN
};

// Where a run of equal bytes stands in both strings: bytes [a, a + length) and [b, b + length).
struct Match {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t length = 0;
};

Error parse_options(Args args, Options& options) {
  for (size_t i = 3; i < args.size(); i++) {
    if (is_word(args[i], "idx")) {
      options.ranges = true;
    } else if (is_word(args[i], "len")) {
      options.length = true;
    } else if (is_word(args[i], "withmatchlen")) {
      options.with_match_length = true;
    } else if (is_word(args[i], "minmatchlen") && i + 1 < args.size()) {
      if (Error error = read_integer(args[++i], options.match_length_min)) return error;
      options.match_length_min = std::max<int64_t>(options.match_length_min, 0);
    } else {
      return errors::kSyntax;
    }
  }
  if (options.ranges && options.length) {
    return "ERR If you want both the length and indexes, please just use IDX.";
  }
  return {};
}

// The textbook table (Wagner and Fischer, 1974): cell (i, j) holds the length of the longest common
// subsequence of the first i bytes of `a` and the first j bytes of `b`. It is kept whole, because
// the way back through it decides which of several longest subsequences is the answer.
class LcsTable {
 public:
  LcsTable(std::string_view a, std::string_view b) : a_(a), b_(b), width_(b.size() + 1) {}

  // False when there is no memory for it.
  bool fill() {
    cells_.reset(new (std::nothrow) uint32_t[(a_.size() + 1) * width_]);
    if (!cells_) return false;
    std::fill_n(cells_.get(), width_, 0);
    for (size_t i = 1; i <= a_.size(); i++) {
      const uint32_t* above = &cells_[(i - 1) * width_];
      uint32_t* row = &cells_[i * width_];
      row[0] = 0;
      for (size_t j = 1; j <= b_.size(); j++) {
        row[j] = a_[i - 1] == b_[j - 1] ? above[j - 1] + 1 : std::max(above[j], row[j - 1]);
      }
    }
    return true;
  }

  uint32_t length() const { return at(a_.size(), b_.size()); }

  // The runs of the subsequence, the last one first.
  std::vector<Match> matches() const {
    std::vector<Match> found;
    size_t i = a_.size();
    size_t j = b_.size();
    while (i > 0 && j > 0) {
      Match run;
      while (i > 0 && j > 0 && a_[i - 1] == b_[j - 1])
        i--, j--, run.length++;
      if (run.length > 0) {
        run.a = static_cast<uint32_t>(i);
        run.b = static_cast<uint32_t>(j);
        found.push_back(run);
      } else if (at(i - 1, j) > at(i, j - 1)) {
        i--;
      } else {
        j--;
      }
    }
    return found;
  }

 private:
  uint32_t at(size_t i, size_t j) const { return cells_[i * width_ + j]; }

  std::string_view a_;
  std::string_view b_;
  size_t width_;
  std::unique_ptr<uint32_t[]> cells_;
};

void reply_range(Reply& reply, uint32_t from, uint32_t length) {
  reply.array(2);
  reply.integer(from);
  reply.integer(int64_t{from} + length - 1);
}

void reply_matches(Reply& reply, std::span<const Match> matches, uint32_t total,
                   const Options& options) {
  const auto wanted = [&](const Match& match) { return match.length >= options.match_length_min; };
  reply.map(2);
  reply.bulk("matches");
  reply.array(static_cast<size_t>(std::count_if(matches.begin(), matches.end(), wanted)));
  for (const Match& match : matches) {
    if (!wanted(match)) continue;
    reply.array(options.with_match_length ? 3 : 2);
    reply_range(reply, match.a, match.length);
    reply_range(reply, match.b, match.length);
    if (options.with_match_length) reply.integer(match.length);
  }
  reply.bulk("len");
  reply.integer(total);
}

// What the table would take is limited like a value, because a client chooses it.
Error check_size(size_t a, size_t b, int64_t bytes_max) {
  constexpr size_t kLengthMax = std::numeric_limits<uint32_t>::max() - 1;
  if (a >= kLengthMax || b >= kLengthMax) return "ERR String too long for LCS";
  const uint64_t cells_max = static_cast<uint64_t>(bytes_max) / sizeof(uint32_t);
  if (a + 1 > cells_max / (b + 1)) {
    return "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
  }
  return {};
}

Error lcs(Call& call) {
  Keyspace& first_keyspace = call.keyspace_of(call[1], call.db());
  Keyspace& second_keyspace = call.keyspace_of(call[2], call.db());
  // Finding a key removes it when it has expired, which ends the life of other handles. After both
  // were found once, looking again removes nothing.
  first_keyspace.find(call.key(1));
  const Entry second = second_keyspace.find(call.key(2));
  const Entry first = first_keyspace.peek(call.key(1));
  if ((first && !first.is_string()) || (second && !second.is_string())) {
    return "ERR The specified keys must contain string values";
  }
  Options options;
  if (Error error = parse_options(call.args(), options)) return error;
  const StringText a(first);
  const StringText b(second);
  if (Error error =
          check_size(a.view().size(), b.view().size(), call.shard().limits().string_bytes_max)) {
    return error;
  }
  LcsTable table(a.view(), b.view());
  if (!table.fill()) {
    return "ERR Insufficient memory, failed allocating transient memory for LCS";
  }
  if (options.length) {
    call.reply().integer(table.length());
    return {};
  }
  const std::vector<Match> matches = table.matches();
  if (options.ranges) {
    reply_matches(call.reply(), matches, table.length(), options);
    return {};
  }
  std::string text;
  text.reserve(table.length());
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    text.append(a.view().substr(match->a, match->length));
  }
  call.reply().bulk(text);
  return {};
}

const Command kRows[] = {
    {.name = "lcs",
     .arity = -3,
     .flags = kReadonly,
     .acl = kAclString,
     .keys = {1, 2, 1},
     .key_use = {"RO access"},
     .route = Route::kCoordinated,
     .run = lcs,
     .group = "string",
     .since = "7.0.0",
     .summary = "Finds the longest common subsequence of two strings.",
     .complexity = "O(N*M), N and M bytes",
     .syntax = "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]"},
};

}  // namespace

std::span<const Command> lcs_commands() {
  return kRows;
}

}  // namespace rondo
