// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/script.hpp"

#include <catch2/catch.hpp>

#include "wire/resp/sha1.hpp"

namespace pawl::wire::resp {
namespace {

constexpr std::string_view compare_and_delete =
    R"(if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end)";
constexpr std::string_view same_elsewhere = R"(
  -- Only the owner's.
  if redis.call('GET', KEYS[1]) == ARGV[1]
  then
    return redis.call('DEL', KEYS[1]);
  else
    return 0;
  end
)";

}  // namespace

TEST_CASE("a normal form is the same however a script is laid out") {
  CHECK(normal_form(same_elsewhere) == normal_form(compare_and_delete));
  CHECK(normal_form(" a  b ( c , d ) ;\r\n-- e\n") == "a b(c,d)");
}

TEST_CASE("a normal form has no long comments") {
  CHECK(normal_form("a --[[ x\n y ]] b") == "a b");
  CHECK(normal_form("a--[==[ ]] x\n ]==]b") == "a b");
  CHECK(normal_form("a --[=x\nb") == "a b");
  CHECK(normal_form("a --[[ never ended\n b") == "a");
}

TEST_CASE("a normal form keeps what a script compares with") {
  CHECK(normal_form("x == 'No -- T'") == "x==\"No -- T\"");
  CHECK(normal_form("x == 'NO'") != normal_form("x == 'no'"));
  CHECK(normal_form("x == 'open") == "x==\"open\"");
  CHECK(normal_form("KEYS") != normal_form("keys"));
}

TEST_CASE("a script of the table is known by its SHA-1, in any case") {
  const Scripts scripts;
  const Script* const release = scripts.find("c3f8721cbb97f72bc19e972846bd7aaf91901658");
  REQUIRE(release != nullptr);
  CHECK(*release == Script{.act = Act::release});
  CHECK(scripts.find("C3F8721CBB97F72BC19E972846BD7AAF91901658") == release);
  CHECK(scripts.find("c3f8721cbb97f72bc19e972846bd7aaf91901659") == nullptr);
}

TEST_CASE("a text of a known normal form can be called by its SHA-1 from then on") {
  Scripts scripts;
  CHECK(scripts.find(sha1(same_elsewhere)) == nullptr);
  std::string digest;
  const Script* const script = scripts.learn(same_elsewhere, digest);
  REQUIRE(script != nullptr);
  CHECK(script->act == Act::release);
  CHECK(digest == sha1(same_elsewhere));
  CHECK(scripts.find(digest) == script);
}

TEST_CASE("another text is not learnt, whatever it does") {
  Scripts scripts;
  std::string digest;
  CHECK(scripts.learn("return redis.call('flushall')", digest) == nullptr);
  CHECK(scripts.find(digest) == nullptr);
}

TEST_CASE("however many spellings come, those of the table stay known") {
  Scripts scripts;
  std::string digest;
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = std::string(compare_and_delete) + " -- " + std::to_string(i);
    REQUIRE(scripts.learn(text, digest) != nullptr);
  }
  CHECK(scripts.find(digest) != nullptr);
  CHECK(scripts.find("c3f8721cbb97f72bc19e972846bd7aaf91901658") != nullptr);
}

}  // namespace pawl::wire::resp
