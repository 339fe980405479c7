#include "protocol/reply.h"

#include <limits>
#include <string>
#include <vector>

#include "tests/testing.h"

namespace rondo {
namespace {

template <class Write>
std::string written(Resp version, Write write) {
  OutBuffer out;
  Reply reply(out, version);
  write(reply);
  return out.to_string();
}

template <class Write>
void expect(const std::string& resp2, const std::string& resp3, Write write) {
  CHECK(written(Resp::k2, write) == resp2);
  CHECK(written(Resp::k3, write) == resp3);
}

template <class Write>
void expect_both(const std::string& bytes, Write write) {
  expect(bytes, bytes, write);
}

TEST_CASE("lines") {
  expect_both("+OK\r\n", [](Reply& r) { r.ok(); });
  expect_both("+QUEUED\r\n", [](Reply& r) { r.simple("QUEUED"); });
  expect_both("-ERR bad\r\n", [](Reply& r) { r.error("ERR bad"); });
  expect_both("-ERR a  b\r\n", [](Reply& r) { r.error("ERR a\r\nb\r\n"); });
  expect_both("-\r\n", [](Reply& r) { r.error(""); });
}

TEST_CASE("integers") {
  for (const int64_t value :
       {int64_t{0}, int64_t{9}, int64_t{10}, int64_t{99}, int64_t{100}, int64_t{-1},
        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    const std::string digits = std::to_string(value);
    expect_both(":" + digits + "\r\n", [=](Reply& r) { r.integer(value); });
    expect_both("$" + std::to_string(digits.size()) + "\r\n" + digits + "\r\n",
                [=](Reply& r) { r.bulk_integer(value); });
  }
}

TEST_CASE("bulk strings of any length") {
  for (const size_t length : {0, 1, 9, 10, 99, 100, 1023, 1024, 1025, 8191, 8192, 100'000}) {
    const std::string bytes(length, 'b');
    const std::string expected = "$" + std::to_string(length) + "\r\n" + bytes + "\r\n";
    expect_both(expected, [&](Reply& r) { r.bulk(bytes); });
    const SharedBytes shared = SharedBytes::copy_of(bytes);
    expect_both(expected, [&](Reply& r) { r.bulk(shared); });
  }
  expect_both(std::string("$3\r\na\0b\r\n", 9),
              [](Reply& r) { r.bulk(std::string_view("a\0b", 3)); });
}

TEST_CASE("a large shared value is not copied") {
  OutBuffer out;
  Reply reply(out, Resp::k2);
  const SharedBytes value = SharedBytes::copy_of(std::string(OutBuffer::kShareBytesMin, 'v'));
  reply.bulk(value);
  CHECK(!value.unique());
  iovec pieces[4];
  REQUIRE(out.pieces(pieces, 4) == 3);
  CHECK(pieces[1].iov_base == value.data());
}

TEST_CASE("null and booleans") {
  expect("$-1\r\n", "_\r\n", [](Reply& r) { r.null(); });
  expect("*-1\r\n", "_\r\n", [](Reply& r) { r.null_array(); });
  expect(":1\r\n", "#t\r\n", [](Reply& r) { r.boolean(true); });
  expect(":0\r\n", "#f\r\n", [](Reply& r) { r.boolean(false); });
}

TEST_CASE("aggregate headers") {
  expect_both("*0\r\n", [](Reply& r) { r.array(0); });
  expect_both("*1234567\r\n", [](Reply& r) { r.array(1234567); });
  expect("*6\r\n", "%3\r\n", [](Reply& r) { r.map(3); });
  expect("*3\r\n", "~3\r\n", [](Reply& r) { r.set(3); });
  expect("*3\r\n", ">3\r\n", [](Reply& r) { r.push(3); });
  CHECK(written(Resp::k3, [](Reply& r) { r.attribute(1); }) == "|1\r\n");
}

TEST_CASE("doubles") {
  expect("$3\r\n1.5\r\n", ",1.5\r\n", [](Reply& r) { r.real(1.5); });
  expect("$1\r\n3\r\n", ",3\r\n", [](Reply& r) { r.real(3); });
  expect("$3\r\n0.1\r\n", ",0.1\r\n", [](Reply& r) { r.real(0.1); });
  const double infinite = std::numeric_limits<double>::infinity();
  expect("$3\r\ninf\r\n", ",inf\r\n", [=](Reply& r) { r.real(infinite); });
  expect("$4\r\n-inf\r\n", ",-inf\r\n", [=](Reply& r) { r.real(-infinite); });
  expect("$3\r\nnan\r\n", ",nan\r\n",
         [](Reply& r) { r.real(std::numeric_limits<double>::quiet_NaN()); });
}

TEST_CASE("big numbers and verbatim strings") {
  const char* digits = "1234567999999999999999999999999999999";
  expect("$37\r\n1234567999999999999999999999999999999\r\n",
         "(1234567999999999999999999999999999999\r\n", [=](Reply& r) { r.big_number(digits); });
  expect("$5\r\nhello\r\n", "=9\r\ntxt:hello\r\n", [](Reply& r) { r.verbatim("txt", "hello"); });
  const std::string text(5000, 't');
  expect("$5000\r\n" + text + "\r\n", "=5004\r\nmkd:" + text + "\r\n",
         [&](Reply& r) { r.verbatim("mkd", text); });
}

TEST_CASE("marks stand where elements end") {
  OutBuffer out;
  Reply reply(out, Resp::k2);
  reply.end_element();
  std::vector<size_t> marks;
  reply.collect_marks(&marks);
  reply.bulk("ab");
  reply.end_element();
  reply.null();
  reply.end_element();
  CHECK(marks == std::vector<size_t>{8, 13});
}

}  // namespace
}  // namespace rondo
