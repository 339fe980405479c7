// Parcels: what is put in comes out, for requests of any shape.
#include "server/parcel.h"

#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// A request with memory of its own.
struct Made {
  std::vector<std::string> texts;
  std::vector<bool> in_block;
  std::vector<std::string_view> views;
  std::vector<SharedBytes> owners;
  Request request;
};

void make(Made& made, Prng& prng) {
  const size_t argc = 1 + prng.below(prng.one_in(20) ? 300 : 5);
  const bool blocks = prng.one_in(3);
  for (size_t i = 0; i < argc; ++i) {
    const size_t size = prng.one_in(10) ? prng.below(5000) : prng.below(12);
    std::string text(size, '\0');
    for (char& c : text)
      c = static_cast<char>(prng.next());
    made.texts.push_back(std::move(text));
    made.in_block.push_back(blocks && prng.one_in(2));
  }
  if (blocks) made.owners.resize(argc);
  for (size_t i = 0; i < argc; ++i) {
    if (made.in_block[i]) made.owners[i] = SharedBytes::copy_of(made.texts[i]);
    made.views.push_back(made.in_block[i] ? made.owners[i].view()
                                          : std::string_view(made.texts[i]));
  }
  made.request.command = static_cast<uint16_t>(prng.next());
  made.request.db = static_cast<uint16_t>(prng.below(16));
  made.request.resp = prng.one_in(2) ? Resp::k2 : Resp::k3;
  made.request.hash = prng.next();
  made.request.token = prng.next();
  made.request.address = {nullptr, prng.next()};
  made.request.args = made.views;
  made.request.owners = made.owners;
}

TEST_CASE("requests come out as they were put in") {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Prng prng(seed);
    Parcel parcel;
    for (int round = 0; round < 3; ++round) {
      CHECK(parcel.empty());
      std::vector<Made> made(prng.below(50));
      for (Made& one : made) {
        make(one, prng);
        parcel.add(one.request);
        // Blocks move into the parcel.
        for (const SharedBytes& owner : one.owners)
          CHECK_FALSE(owner);
      }
      REQUIRE_EQ(parcel.count(), made.size());
      size_t i = 0;
      parcel.for_each_header([&](const RequestHeader& header) {
        CHECK_EQ(header.hash, made[i].request.hash);
        CHECK_EQ(header.address.sequence, made[i].request.address.sequence);
        CHECK_EQ(header.argc, made[i++].texts.size());
      });
      i = 0;
      parcel.for_each([&](Request& request) {
        const Made& expected = made[i++];
        CHECK_EQ(request.command, expected.request.command);
        CHECK_EQ(request.db, expected.request.db);
        CHECK(request.resp == expected.request.resp);
        CHECK_EQ(request.hash, expected.request.hash);
        CHECK_EQ(request.token, expected.request.token);
        REQUIRE_EQ(request.args.size(), expected.texts.size());
        for (size_t arg = 0; arg < expected.texts.size(); ++arg) {
          REQUIRE(request.args[arg] == expected.texts[arg]);
          const bool owned = arg < request.owners.size() && request.owners[arg];
          CHECK_EQ(owned, expected.in_block[arg]);
        }
      });
      CHECK_EQ(i, made.size());
      parcel.reset();
    }
  }
}

// Arguments as views of one text, close to each other or not, forwards or backwards, overlapping.
TEST_CASE("arguments are copied from wherever they stand") {
  Prng prng(1);
  std::string text(3 * Parcel::kBytesMax, '\0');
  for (char& c : text)
    c = static_cast<char>(prng.next());
  for (int round = 0; round < 20'000; ++round) {
    const size_t far = prng.one_in(4) ? text.size() : 40;
    size_t at = prng.below(text.size());
    std::vector<std::string_view> args(1 + prng.below(6));
    for (std::string_view& arg : args) {
      arg = std::string_view(text).substr(at, prng.below(24));
      at = arg.data() + arg.size() - text.data();
      at = prng.one_in(8) ? at - prng.below(std::min(at, far) + 1) : at + prng.below(far);
      at %= text.size();
    }
    Parcel parcel;
    Request request;
    request.args = args;
    request.hash = 1;
    parcel.add(request);
    request.hash = 2;
    parcel.add(request);
    uint64_t hash = 0;
    parcel.for_each([&](Request& copy) {
      CHECK_EQ(copy.hash, ++hash);
      REQUIRE_EQ(copy.args.size(), args.size());
      for (size_t i = 0; i < args.size(); ++i) {
        CHECK(copy.args[i] == args[i]);
        CHECK(copy.args[i].data() != args[i].data());
      }
    });
    CHECK_EQ(hash, 2);
  }
}

TEST_CASE("a queue of more blocks than 16 bits can count") {
  constexpr size_t kRequests = 40'000;
  Parcel parcel;
  for (size_t i = 0; i < kRequests; ++i) {
    SharedBytes owners[] = {SharedBytes(), SharedBytes::copy_of(std::to_string(i)),
                            SharedBytes::copy_of("value")};
    const std::string_view views[] = {"SET", owners[1].view(), owners[2].view()};
    Request request;
    request.args = views;
    request.owners = owners;
    parcel.add(request);
  }
  size_t i = 0;
  size_t wrong = 0;
  parcel.for_each([&](Request& request) { wrong += request.args[1] != std::to_string(i++); });
  CHECK_EQ(i, kRequests);
  CHECK_EQ(wrong, 0);
}

TEST_CASE("a parcel is full by bytes or by requests") {
  Parcel parcel;
  const std::string_view ping = "PING";
  Request request;
  request.args = Args(&ping, 1);
  size_t count = 0;
  for (; !parcel.full(); ++count)
    parcel.add(request);
  CHECK_EQ(count, Parcel::kRequestsMax);
  parcel.reset();
  const std::string big(Parcel::kBytesMax, 'x');
  const std::string_view view = big;
  request.args = Args(&view, 1);
  parcel.add(request);
  CHECK(parcel.full());
}

TEST_CASE("replies are marked one by one, those that come later too") {
  Parcel parcel;
  parcel.replies().append("+OK\r\n");
  parcel.end_reply();
  parcel.end_reply_later();
  parcel.end_reply();
  parcel.replies().append(":1\r\n");
  parcel.end_reply();
  REQUIRE_EQ(parcel.reply_ends().size(), 4);
  CHECK_EQ(parcel.reply_ends()[0], 5);
  CHECK_EQ(parcel.reply_ends()[1], Parcel::kLater);
  CHECK_EQ(parcel.reply_ends()[2], 5);
  CHECK_EQ(parcel.reply_ends()[3], 9);
  parcel.reset();
  CHECK(parcel.reply_ends().empty());
  CHECK(parcel.replies().empty());
}

}  // namespace
}  // namespace rondo
