// Packed values, and their changes in an entry: shard/keyspace_collections.cc.
#include "shard/packed.h"

#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::vector<PackedElement> elements_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

std::vector<std::string> forwards(const PackedView& view) {
  std::vector<std::string> texts;
  for (size_t at = view.begin(); at < view.end(); at = view.next(at))
    texts.push_back(view.at(at).to_string());
  return texts;
}

std::vector<std::string> backwards(const PackedView& view) {
  std::vector<std::string> texts;
  for (size_t at = view.end(); at > view.begin();) {
    at = view.previous(at);
    texts.insert(texts.begin(), view.at(at).to_string());
  }
  return texts;
}

std::string random_text(Prng& prng) {
  switch (prng.below(8)) {
    case 0:
      return std::to_string(prng.below(256));
    case 1:
      return std::to_string(static_cast<int64_t>(prng.next()) >> prng.below(64));
    case 2:
      return std::string(prng.below(300), 'm');
    case 3:
      return std::string(prng.one_in(20) ? prng.below(20'000) : 0, 'l');
    default:
      return std::string(prng.below(12), static_cast<char>(prng.below(256)));
  }
}

TEST_CASE("every length and every integer comes back, in as many bytes as the drawing says") {
  struct Row {
    std::string text;
    size_t size;
  };
  const Row rows[] = {
      {"", 2},
      {"0", 2},
      {"127", 2},
      {"128", 4},
      {"-1", 3},
      {"-128", 3},
      {"-129", 4},
      {"32767", 4},
      {"32768", 5},
      {"8388608", 6},
      {"2147483648", 7},
      {"9223372036854775807", 10},
      {"-9223372036854775808", 10},
      {"9223372036854775808", 21},
      {"007", 5},
      {"-0", 4},
      {std::string(63, 'x'), 65},
      {std::string(64, 'x'), 67},
      {std::string(125, 'x'), 128},
      {std::string(126, 'x'), 130},
      {std::string(4095, 'x'), 4099},
      {std::string(4096, 'x'), 4103},
      {std::string(16378, 'x'), 16385},
      {std::string(16379, 'x'), 16387},
      {std::string(3'000'000, 'x'), 3'000'009},
  };
  std::vector<std::string> texts;
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 30));
    CHECK_EQ(PackedElement(row.text).size(Type::kList), row.size);
    // Only in lists there is the size behind an element.
    const size_t body = PackedElement(row.text).body_size();
    CHECK_EQ(PackedElement(row.text).size(Type::kSet), body);
    CHECK_EQ(row.size, body + PackedElement::back_size(body));
    texts.push_back(row.text);
  }
  const std::string bytes = pack(Type::kList, elements_of(texts));
  CHECK(PackedView::is_sound(bytes));
  const PackedView view(bytes);
  CHECK(view.type() == Type::kList);
  CHECK_EQ(view.count(), std::size(rows));
  CHECK(forwards(view) == texts);
  CHECK(backwards(view) == texts);
  for (size_t i = 0; i < texts.size(); ++i)
    CHECK(view.at(view.seek(i)).to_string() == texts[i]);
  CHECK_EQ(view.seek(texts.size()), view.end());
  for (const Type type : {Type::kSet, Type::kHash, Type::kZset}) {
    const std::string forward = pack(type, elements_of(texts));
    const PackedView others(forward);
    CHECK(PackedView::is_sound(forward) == (type == Type::kSet));  // The others are of pairs.
    CHECK(forwards(others) == texts);
    for (size_t i = 0; i < texts.size(); ++i)
      CHECK(others.at(others.seek(i)).to_string() == texts[i]);
    CHECK_EQ(others.seek(texts.size()), others.end());
  }
}

TEST_CASE("a search finds the first equal element at its stride") {
  const std::string bytes =
      pack(Type::kHash, elements_of({"a", "b", "b", "1", "12", "a", "-5", std::string(100, 'z')}));
  const PackedView view(bytes);
  const auto index = [&](std::string_view text, size_t stride) -> int {
    const size_t found = view.find(PackedElement(text), view.begin(), stride);
    for (size_t i = 0; i < view.count(); ++i) {
      if (view.seek(i) == found) return static_cast<int>(i);
    }
    return -1;
  };
  CHECK_EQ(index("b", 1), 1);
  CHECK_EQ(index("b", 2), 2);
  CHECK_EQ(index("1", 2), -1);
  CHECK_EQ(index("1", 1), 3);
  CHECK_EQ(index("12", 2), 4);
  CHECK_EQ(index("-5", 2), 6);
  CHECK_EQ(index("", 1), -1);
  CHECK_EQ(index(std::string(100, 'z'), 1), 7);
  CHECK_EQ(index(std::string(99, 'z'), 1), -1);
}

TEST_CASE("splices in an entry do what a vector does") {
  ShardFixture fixture;
  const Key key = make_key("key");
  Prng prng(7);
  for (int round = 0; round < 40; ++round) {
    const Type type = round % 4 < 2 ? Type::kList : Type::kSet;
    std::vector<std::string> model = {random_text(prng)};
    Keyspace& db = fixture.db();
    db.create_packed(key, type, elements_of(model));
    if (round % 2 == 0) db.set_expiry(key, 5'000'000, events::kExpire);
    for (int step = 0; step < 400; ++step) {
      const Place place = db.find_to_change(key);
      const PackedView view(Entry(place.word()).packed());
      const size_t from = prng.below(model.size() + 1);
      const size_t removed = std::min<size_t>(prng.below(3), model.size() - from);
      const std::vector<std::string> added(prng.below(model.size() > 60 ? 2 : 4),
                                           random_text(prng));
      if (model.size() - removed + added.size() == 0) continue;
      const size_t offset = view.seek(from);
      const std::vector<PackedElement> inserted = elements_of(added);
      db.edit_packed(place, {offset, view.seek(from + removed) - offset, removed, inserted});
      const auto at = model.begin() + static_cast<ptrdiff_t>(from);
      model.insert(model.erase(at, at + static_cast<ptrdiff_t>(removed)), added.begin(),
                   added.end());
      const Entry entry = db.peek(key);
      REQUIRE(PackedView::is_sound(entry.packed()));
      REQUIRE(forwards(PackedView(entry.packed())) == model);
      if (type == Type::kList) REQUIRE(backwards(PackedView(entry.packed())) == model);
      REQUIRE(entry.has_expiry() == (round % 2 == 0));
    }
    fixture.shard.verify();
    CHECK(db.erase(key));
  }
  fixture.free_all();
  CHECK_EQ(fixture.shard.memory_bytes(), 0);
}

TEST_CASE("bytes from outside are sound only in their one form") {
  const std::string good =
      pack(Type::kHash, elements_of({"field", "200", std::string(70, 'x'), "-3000"}));
  CHECK(PackedView::is_sound(good));
  for (size_t length = 0; length < good.size(); ++length)
    CHECK_FALSE(PackedView::is_sound(good.substr(0, length)));
  CHECK_FALSE(PackedView::is_sound(good + '\0'));
  // An odd number of elements in a hash, none at all, other types and forms.
  CHECK_FALSE(PackedView::is_sound(pack(Type::kHash, elements_of({"a"}))));
  CHECK(PackedView::is_sound(pack(Type::kSet, elements_of({"a"}))));
  CHECK_FALSE(PackedView::is_sound(pack(Type::kSet, {})));
  CHECK_FALSE(PackedView::is_sound(pack(Type::kString, elements_of({"a"}))));
  CHECK_FALSE(
      PackedView::is_sound(std::string("\xf2\x01\x00\x81"
                                       "a\x02",
                                       6)));
  const auto list = [](std::string_view element) {
    return std::string("\x01\x01\x00", 3) + std::string(element);
  };
  CHECK(PackedView::is_sound(list({"\x05\x01", 2})));
  CHECK(PackedView::is_sound(list({"\x82no\x03", 4})));
  CHECK_FALSE(PackedView::is_sound(list({"\x82no\x04", 4})));      // Another size behind.
  CHECK_FALSE(PackedView::is_sound(list({"\x82no\x80\x03", 5})));  // A longer size behind.
  CHECK_FALSE(PackedView::is_sound(list({"\x81\x35\x02", 3})));    // "5" as a text.
  CHECK_FALSE(PackedView::is_sound(list({"\xd1\x05\x02", 3})));    // 5 in two bytes.
  CHECK_FALSE(PackedView::is_sound(list({"\xd2\xff\xff\x03", 4})));
  CHECK_FALSE(PackedView::is_sound(list({"\xc0\x02no\x04", 5})));
  CHECK_FALSE(PackedView::is_sound(list({"\xd0\xff\xff\xff\xff", 5})));
  CHECK_FALSE(PackedView::is_sound(list({"\xd9\x02\x02\x02", 4})));
  CHECK_FALSE(PackedView::is_sound(list({"\xff", 1})));
  const auto set = [](std::string_view element) {
    return std::string("\x02\x01\x00", 3) + std::string(element);
  };
  CHECK(PackedView::is_sound(set({"\x05", 1})));
  CHECK(PackedView::is_sound(set({"\x82no", 3})));
  CHECK_FALSE(PackedView::is_sound(set({"\x82no\x03", 4})));  // As in a list.
  CHECK_FALSE(PackedView::is_sound(set({"\xd1\x05", 2})));    // 5 in two bytes.
  CHECK_FALSE(PackedView::is_sound(set({"\x82n", 2})));
}

TEST_CASE("damaged bytes are never sound by chance, and are never read beyond their end") {
  Prng prng(3);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> texts;
    for (uint64_t i = 1 + prng.below(5); i > 0; --i)
      texts.push_back(random_text(prng).substr(0, 200));
    std::string bytes = pack(round % 2 == 0 ? Type::kSet : Type::kList, elements_of(texts));
    for (uint64_t i = 1 + prng.below(3); i > 0; --i)
      bytes[prng.below(bytes.size())] = static_cast<char>(prng.next());
    // A heap copy of exactly this size, for the sanitizers.
    const std::vector<char> copy(bytes.begin(), bytes.end());
    const std::string_view view(copy.data(), copy.size());
    if (!PackedView::is_sound(view)) continue;
    const std::vector<std::string> read = forwards(PackedView(view));
    // Damage may make a set one of integers, which pack() does not write.
    if (PackedView(view).form() == PackedForm::kIntegers) continue;
    CHECK(pack(PackedView(view).type(), elements_of(read)) == bytes);
  }
}

TEST_CASE("packed values move, copy, and count like any value") {
  ShardFixture fixture;
  Keyspace& db = fixture.db();
  const Key key = make_key("h");
  db.create_packed(key, Type::kHash, elements_of({"f", "v"}));
  const Entry entry = db.peek(key);
  CHECK(entry.type() == Type::kHash);
  CHECK_FALSE(entry.is_string());
  CHECK(std::string(entry.encoding()) == "listpack");
  EffectRecorder recorder;
  fixture.shard.add_sink(&recorder);
  const std::vector<std::string_view> change = {"HSET", "h", "f", "v"};
  db.note_change(key, change, Event{"hset", 'h'}, true);
  db.put(make_key("copy"), db.copy(key), events::kCopyTo);
  DetachedValue taken = db.take(key, events::kMoveFrom);
  CHECK(taken.type() == Type::kHash);
  taken.set_expiry(9'000'000);
  fixture.db(1).put(key, std::move(taken), events::kMoveTo);
  CHECK(forwards(PackedView(fixture.db(1).peek(key).packed())) ==
        std::vector<std::string>{"f", "v"});
  CHECK_EQ(fixture.db(1).peek(key).expire_at_ms(), 9'000'000);
  // A string replaces it, also where it stands.
  fixture.set("copy", "other");
  CHECK(fixture.get("copy") == "other");
  CHECK(recorder.take() ==
        std::vector<std::string>{"change:hset h new", "put:copy_to copy new", "erase:move_from h",
                                 "put:move_to@1 h until 9000000 new", "put:set copy"});
  fixture.shard.remove_sink(&recorder);
  fixture.shard.verify();
}

TEST_CASE("a hash whose fields expire has three elements for each, the last one a time") {
  const PackedElement field(std::string_view("f"));
  const PackedElement value(std::string_view("v"));
  const auto sound = [](Type type, std::vector<PackedElement> elements) {
    return PackedView::is_sound(pack(type, elements, PackedForm::kExpiring));
  };
  CHECK(sound(Type::kHash, {field, value, PackedElement::of(0)}));
  CHECK(sound(Type::kHash, {field, value, PackedElement::of(1'900'000'000'000)}));
  CHECK_FALSE(sound(Type::kHash, {field, value, PackedElement::of(-1)}));
  CHECK_FALSE(sound(Type::kHash, {field, value, value}));
  CHECK_FALSE(sound(Type::kHash, {field, value}));
  CHECK_FALSE(sound(Type::kSet, {field, value, PackedElement::of(0)}));
  const std::vector<PackedElement> elements = {field, value, PackedElement::of(0)};
  const std::string bytes = pack(Type::kHash, elements, PackedForm::kExpiring);
  CHECK(std::string(PackedView(bytes).encoding()) == "listpackex");
}

TEST_CASE("an element is found in a long value only where one begins, at every stride") {
  Prng prng(9);
  for (int round = 0; round < 200; ++round) {
    // Texts that contain what other elements look like, with their heads and sizes behind them.
    std::vector<std::string> texts;
    for (int i = 0; i < 60; ++i) {
      const std::string inner(3 + prng.below(3), static_cast<char>('a' + prng.below(2)));
      const char head = static_cast<char>(0x80 + inner.size());
      const char back = static_cast<char>(inner.size() + 1);
      texts.push_back(prng.one_in(3) ? inner : 'x' + (head + inner + back) + std::to_string(i % 7));
    }
    const std::vector<PackedElement> elements(texts.begin(), texts.end());
    const std::string bytes = pack(Type::kList, elements);
    const PackedView view(bytes);
    for (const size_t stride : {size_t{1}, size_t{2}, size_t{3}}) {
      for (int i = 0; i < 40; ++i) {
        const std::string wanted =
            prng.one_in(2) ? texts[prng.below(60)] : std::string(4, 'a') + 'b';
        size_t index = 0;
        while (index < texts.size() && texts[index] != wanted)
          index += stride;
        const size_t expected = index < texts.size() ? view.seek(index) : view.end();
        CHECK(view.find(PackedElement(wanted), view.begin(), stride) == expected);
      }
    }
  }
}

}  // namespace
}  // namespace rondo
