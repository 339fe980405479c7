// ReplyQueue: replies that come in any order leave in the order of their places.
#include "server/reply_queue.h"

#include <deque>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

void answer(ReplyQueue& queue, uint64_t sequence, const std::string& text, OutBuffer& out) {
  OutBuffer reply;
  reply.append("before");
  reply.append(text);
  reply.append("behind");
  queue.offer(sequence, 6, 6 + text.size());
  queue.settle(reply, out);
}

TEST_CASE("a reply waits for those before it") {
  ReplyQueue queue;
  OutBuffer out;
  CHECK(queue.idle());
  const uint64_t a = queue.open();
  const uint64_t b = queue.open();
  const uint64_t c = queue.open();
  CHECK_EQ(queue.pending(), 3);
  answer(queue, c, "c", out);
  answer(queue, b, "b", out);
  CHECK(out.empty());
  answer(queue, a, "a", out);
  CHECK_EQ(out.to_string(), "abc");
  CHECK(queue.idle());
}

TEST_CASE("a discarded reply takes its place in line and leaves nothing") {
  ReplyQueue queue;
  OutBuffer out;
  const uint64_t a = queue.open();
  const uint64_t b = queue.open(true);
  const uint64_t c = queue.open();
  answer(queue, c, "c", out);
  answer(queue, b, std::string(10'000, 'b'), out);
  answer(queue, a, "a", out);
  CHECK_EQ(out.to_string(), "ac");
  const uint64_t d = queue.open(true);
  answer(queue, d, "d", out);
  CHECK_EQ(out.to_string(), "ac");
}

TEST_CASE("it fills up and can be used again") {
  ReplyQueue queue;
  OutBuffer out;
  std::vector<uint64_t> places;
  while (!queue.full())
    places.push_back(queue.open());
  CHECK_EQ(places.size(), ReplyQueue::kPendingMax);
  for (size_t i = places.size(); i-- > 0;)
    answer(queue, places[i], "x", out);
  CHECK_EQ(out.size(), ReplyQueue::kPendingMax);
  CHECK(queue.idle());
}

TEST_CASE("memory of early replies is counted and given back") {
  ReplyQueue queue;
  OutBuffer out;
  const uint64_t a = queue.open();
  const uint64_t b = queue.open();
  const size_t before = queue.footprint();
  answer(queue, b, std::string(100'000, 'b'), out);
  CHECK_GE(queue.footprint(), before + 100'000);
  answer(queue, a, "", out);
  CHECK_LE(queue.footprint(), before + OutBuffer::kSmallChunkBytes);
  CHECK_EQ(out.size(), 100'000);
}

TEST_CASE("random orders, lengths and depths") {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Prng prng(seed);
    ReplyQueue queue;
    OutBuffer out;
    std::string expected;
    std::deque<std::string> texts;  // Of all places that were opened.
    std::vector<uint64_t> unanswered;
    for (int step = 0; step < 2000; ++step) {
      if (prng.below(8) < 5 && !queue.full()) {
        const bool discard = prng.one_in(10);
        unanswered.push_back(queue.open(discard));
        const size_t length = prng.one_in(20) ? prng.below(20'000) : prng.below(130);
        std::string text(length, static_cast<char>('a' + prng.below(26)));
        if (!discard) expected += text;
        texts.push_back(std::move(text));
      } else if (prng.one_in(4)) {
        // Some in a row, of one buffer, as a parcel brings them.
        OutBuffer replies;
        for (size_t left = prng.below(20); left > 0 && !unanswered.empty(); --left) {
          const size_t at = prng.below(unanswered.size());
          const size_t from = replies.size();
          replies.append(texts[unanswered[at]]);
          queue.offer(unanswered[at], from, replies.size());
          unanswered.erase(unanswered.begin() + static_cast<long>(at));
        }
        queue.settle(replies, out);
      } else if (!unanswered.empty()) {
        const size_t at = prng.below(unanswered.size());
        answer(queue, unanswered[at], texts[unanswered[at]], out);
        unanswered.erase(unanswered.begin() + static_cast<long>(at));
      }
    }
    while (!unanswered.empty()) {
      answer(queue, unanswered.back(), texts[unanswered.back()], out);
      unanswered.pop_back();
    }
    CHECK(queue.idle());
    CHECK(out.to_string() == expected);
  }
}

}  // namespace
}  // namespace rondo
