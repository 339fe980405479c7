// The rules of the queues, shown to notice what they forbid.
#include "tests/simulator/queue_game.h"

#include <string>

#include "tests/testing.h"

namespace rondo {
namespace {

using Pop = QueueBoard::Pop;

// One who waits for list "q" from `from` to `to`, and got `element` at `answered`.
size_t add_pop(QueueBoard& board, int64_t asked, int64_t from, int64_t to) {
  Pop pop;
  pop.lists = {"q"};
  pop.asked = asked;
  pop.waits_from = from;
  pop.waits_to = to;
  return board.pop(pop);
}

TEST_CASE("queue game: nothing is wrong with what may happen") {
  QueueBoard board;
  const size_t first = add_pop(board, 1, 2, 9);
  const size_t second = add_pop(board, 3, 4, 9);
  const uint64_t a = board.push("q", 5);
  const uint64_t b = board.push("q", 5);
  const uint64_t left = board.push("q", 6);
  board.pushed(a);
  board.pushed(b);
  board.pushed(left);
  board.popped(second, b, 8);
  board.popped(first, a, 10);
  const size_t none = add_pop(board, 11, 12, 13);
  board.popped(none, 0, 14);
  board.check_end({{"q", {left}}}, {});
  CHECK_EQ(board.problem(), "");
  CHECK_EQ(board.served_waiting(), 2);
}

TEST_CASE("queue game: an element that is taken twice, or was never there") {
  QueueBoard board;
  const uint64_t a = board.push("q", 1);
  board.popped(add_pop(board, 2, 3, 3), a, 4);
  CHECK_EQ(board.problem(), "");
  board.popped(add_pop(board, 5, 6, 6), a, 7);
  CHECK_EQ(board.problem(), "element 1 was taken twice");
  QueueBoard other;
  other.popped(add_pop(other, 1, 2, 2), 17, 3);
  CHECK_EQ(other.problem(), "element 17 was never pushed");
  QueueBoard third;
  const uint64_t c = third.push("q", 1);
  third.popped(add_pop(third, 2, 3, 3), c, 4);
  third.check_end({{"q", {c}}}, {});
  CHECK_EQ(third.problem(), "element 1 is in q and somewhere else");
}

TEST_CASE("queue game: a lost element, unless somebody died who may have got it") {
  for (const bool died : {false, true}) {
    QueueBoard board;
    board.pushed(board.push("q", 1));
    board.push("q", 2);  // Nobody knows whether this one arrived.
    board.of(add_pop(board, 1, 2, 2)).died = died;
    board.check_end({}, {});
    CHECK_EQ(board.problem().empty(), died);
  }
}

TEST_CASE("queue game: one who was there before is passed") {
  QueueBoard board;
  const size_t first = add_pop(board, 1, 2, 20);
  const size_t second = add_pop(board, 3, 4, 9);
  board.popped(second, board.push("q", 5), 10);
  board.popped(first, board.push("q", 15), 21);
  board.check_end({}, {});
  CHECK(board.problem().find("was passed by") != std::string::npos);
}

TEST_CASE("queue game: a client waits beside elements") {
  QueueBoard board;
  const uint64_t a = board.push("q", 5);
  board.check_end({{"q", {a}}}, {add_pop(board, 1, 2, 20)});
  CHECK(board.problem().find("a client waits for it") != std::string::npos);
}

}  // namespace
}  // namespace rondo
