#include "server/scripting/script_registry.h"

#include <string>
#include <thread>
#include <vector>

#include "tests/testing.h"

namespace rondo {
namespace {

const Script& add(ScriptRegistry& registry, const std::string& text) {
  return registry.add(sha1_hex(text), text, 7, 0);
}

TEST_CASE("script registry: what was added is found until it is flushed") {
  ScriptRegistry registry;
  const Script& one = add(registry, "return 1");
  CHECK_EQ(one.text, "return 1");
  CHECK_EQ(one.flags, 7);
  CHECK_EQ(&add(registry, "return 1"), &one);
  CHECK_EQ(registry.find(one.sha), &one);
  CHECK_EQ(registry.find(sha1_hex("return 2")), nullptr);
  CHECK_EQ(registry.count(), 1);
  CHECK(registry.bytes() > one.text.size());

  const uint64_t generation = registry.generation();
  Script* retired = registry.flush();
  CHECK_EQ(retired, &one);
  CHECK_EQ(registry.find(sha1_hex("return 1")), nullptr);
  CHECK_NE(registry.generation(), generation);
  CHECK_EQ(registry.count(), 0);
  CHECK_EQ(registry.bytes(), 0);
  ScriptRegistry::free_retired(retired);
  CHECK_EQ(registry.flush(), nullptr);
}

TEST_CASE("script registry: more scripts than there are buckets") {
  ScriptRegistry registry;
  constexpr int kScripts = 20'000;
  for (int i = 0; i < kScripts; ++i)
    add(registry, "return " + std::to_string(i));
  CHECK_EQ(registry.count(), kScripts);
  for (int i = 0; i < kScripts; ++i) {
    const std::string text = "return " + std::to_string(i);
    const Script* script = registry.find(sha1_hex(text));
    REQUIRE(script != nullptr);
    CHECK_EQ(script->text, text);
  }
}

TEST_CASE("script registry: threads that add the same scripts get the same objects") {
  ScriptRegistry registry;
  constexpr int kThreads = 4;
  constexpr int kScripts = 500;
  std::vector<std::vector<const Script*>> found(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kScripts; ++i)
        found[static_cast<size_t>(t)].push_back(&add(registry, std::to_string(i)));
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK_EQ(registry.count(), kScripts);
  for (const auto& scripts : found)
    CHECK(scripts == found[0]);
}

}  // namespace
}  // namespace rondo
