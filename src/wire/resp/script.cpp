// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/script.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "wire/resp/letters.hpp"
#include "wire/resp/sha1.hpp"

namespace pawl::wire::resp {
namespace {

constexpr std::int64_t second = 1'000;

// Acts, and what is said if the keys are the owner's, another's, nobody's.
constexpr Script compare_and_delete{.act = Act::release};
constexpr Script compare_and_delete_or_nil{
    .act = Act::release, .no = Say::nil, .missing = Say::nil};
constexpr Script compare_and_expire{.act = Act::extend, .ttl_at = 2};
constexpr Script expire_or_persist{
    .act = Act::extend, .ttl_at = 2, .ttl_unit_ms = second, .extra = Script::Extra::may_lack_ttl};
constexpr Script add_to_ttl{.act = Act::extend, .ttl_at = 2, .extra = Script::Extra::adds_if_zero};
constexpr Script set_or_expire{
    .act = Act::take, .yes = Say::one, .no = Say::zero, .missing = Say::one, .ttl_at = 2};
constexpr Script set_if_missing_seconds{
    .act = Act::acquire, .yes = Say::ok, .no = Say::nil, .ttl_at = 2, .ttl_unit_ms = second};
constexpr Script several_acquire{
    .act = Act::acquire, .yes = Say::count, .no = Say::zero, .ttl_at = 2, .all_keys = true};
constexpr Script several_extend{
    .act = Act::extend, .yes = Say::count, .ttl_at = 2, .all_keys = true};
constexpr Script several_release{.act = Act::release, .yes = Say::count, .all_keys = true};

// ARGV[1] is the number of a database.
constexpr Script second_is_owner(Script script) {
  script.owner_at = 2;
  if (script.ttl_at != 0) ++script.ttl_at;
  return script;
}

struct Known {
  std::string_view digest;
  Script script;
};

// By library; of the versions named in REDIS.md.
constexpr Known known_scripts[] = {
    // redis-py: release, extend, reacquire
    {"c3f8721cbb97f72bc19e972846bd7aaf91901658", compare_and_delete},
    {"a4e8783852e6b949f9ef3a97212805108459a890", add_to_ttl},
    {"1cac51482acf5858da00f6d685d68f886cd6b6b2", compare_and_expire},
    // python-redis-lock: unlock, extend
    {"90da91872223f85eb1376a17e3c4df21ace8c54b",
     {.act = Act::release, .yes = Say::zero, .no = Say::one, .missing = Say::one}},
    {"fed16109024d968d9496e4140fe1355bac05ebff",
     {.act = Act::extend,
      .yes = Say::zero,
      .no = Say::one,
      .missing = Say::one,
      .ttl_at = 2,
      .ttl_unit_ms = second}},
    // pottery: acquired, extend, release
    {"f5f7bd3a3aa4a63c507c1155c5ea1219b350d992", {.act = Act::look_own, .yes = Say::milliseconds}},
    {"ba015a80261b616e7a62d35df0b8e3edbe6c9414", compare_and_expire},
    {"a4aada0b36710970eedaaaeec4a6b7d8c78c4f80", compare_and_delete},
    // ShedLock with safeUpdate: update, delete
    {"67256370c2d1c87e2250898075542b1a7fa5b917", compare_and_expire},
    {"194f3902b2dd08557818d09fc2e7682d91480e53", compare_and_delete},
    // redsync: touch, touch or set, delete
    {"d75bb8b5bd13532ddedd17762e772346e39b321e", compare_and_expire},
    {"b6b55c439e02c6f52ffb8be7ec8c0d0ac816ea79", set_or_expire},
    {"e950836ed1e694540c503ef9972b8de518044d3b", {.act = Act::release, .missing = Say::minus_one}},
    // redlock-rb: unlock, lock, remaining
    {"8e4905cee18e7c3188d10f2b8b170e403baed34f", compare_and_delete},
    {"ceb2b2062e40c51a2b3963fd078bc71f11bdc65c",
     {.act = Act::take,
      .yes = Say::ok,
      .no = Say::nil,
      .missing = Say::nil,
      .ttl_at = 2,
      .extra = Script::Extra::takes_if_yes}},
    {"78d2ca48a6dc9ef6892059792a3a0c5237733d64",
     {.act = Act::look,
      .yes = Say::value_and_milliseconds,
      .missing = Say::value_and_milliseconds,
      .owner_at = 0}},
    // RedLock.net: unlock, extend
    {"18b2a577dbe847b16bebde190d69a1613d68e60e", compare_and_delete},
    {"9f614a785a5f9ae8c6396c6b4bf94d2087342603",
     {.act = Act::take, .no = Say::minus_one, .ttl_at = 2}},
    // rslock: unlock, extend
    {"daf86bbf8740dd3ca86733367a016364b2110627", compare_and_delete},
    {"17a49af0c4b1a9034503fa84f3570f5ca76c4cbf", compare_and_expire},
    // Laravel: releaseLock, add, refreshLock
    {"647c65a442733a1aa440f99908d249d13b4d6c4a", compare_and_delete},
    {"a08c9c69b7c07ae2485190873b90d128a23e502d", set_if_missing_seconds},
    {"d5f94f1848f0c54fff99d99dbc4d54184a157c02", expire_or_persist},
    // aioredlock: set, unset, remaining
    {"c75a9bf1538efcdb1f383acc3e273c5089d57e58",
     {.act = Act::take, .yes = Say::ok, .no = Say::not_owner, .ttl_at = 2}},
    {"241e4ca540a1cc4ec1f32d9eb9f879e607d7e6e5",
     {.act = Act::release, .no = Say::not_owner, .missing = Say::ok}},
    {"f908d3f43dbcabc68fc0c9ecaf1fa4a285ecdb0a",
     {.act = Act::look_own, .yes = Say::seconds, .no = Say::not_owner, .missing = Say::not_owner}},
    // sherlock: acquire, release, renew
    {"7bcdefae3714859f68f1f2377bddae74a1af9391",
     {.act = Act::acquire,
      .ttl_at = 2,
      .ttl_unit_ms = second,
      .extra = Script::Extra::may_lack_ttl}},
    {"bfb9f817b2e860fe4fc58656b2bf657d3fdc2be1", compare_and_delete},
    {"8a7fdef25bdef981900f982f5773edaf35000372", expire_or_persist},
    // bsm/redislock: obtain, refresh, release, remaining
    {"eb0c00d98f6f33b4262419a509002884540f30be",
     {.act = Act::take, .yes = Say::ok, .no = Say::nil, .ttl_at = 3, .all_keys = true}},
    {"5a22d7e8431313862816d4416b5e46dd70fc340d",
     {.act = Act::extend,
      .yes = Say::ok,
      .no = Say::nil,
      .missing = Say::nil,
      .ttl_at = 2,
      .all_keys = true}},
    {"9470c810040e272ee6c579d8d4331aaf6332a7b1",
     {.act = Act::release_all,
      .yes = Say::ok,
      .no = Say::nil,
      .missing = Say::nil,
      .all_keys = true}},
    {"66e1084c2d842a7e8c271925aae90219fac4e129",
     {.act = Act::look_own,
      .yes = Say::milliseconds,
      .no = Say::nil,
      .missing = Say::nil,
      .all_keys = true}},
    // node-redlock 5 and 4: acquire, extend, release
    {"96da70f7716f27d278a5218544df37fd8b0a5e4c", several_acquire},
    {"e5a322e2634ef59a516e8ea150cb085afafee684", several_acquire},
    {"aed6f382e410db8ba7926d4e5e9aab410bf2a78a", several_extend},
    {"ce46f80993d5dac20dd066eb301a4e37994bdbed", several_extend},
    {"e4612211c9f8f51c257e26e056b0a654b3187242", several_release},
    {"0f0f23b9048b36752b5be114f357ba083449f908", several_release},
    // @sesamecare-oss/redlock: acquire, extend, release
    {"1b77b94aa78451d55dfa97e18819bfbfc596cb5b", second_is_owner(several_acquire)},
    {"820e9778d2b6733e9ed771e4be90ae73a95a6f3b", second_is_owner(several_extend)},
    {"df51f6837dcfe303d334e6abea9aeae192bab216", second_is_owner(several_release)},
    // redis-semaphore, its Mutex: release, refresh
    {"7157921a7cc7cfba979acf6d63f073151df17d12", compare_and_delete},
    {"594683e49a64ebaf975caf5f8079a1d097c438f1", compare_and_expire},
    // ioredis-lock: release, extend
    {"4dbb87cd80182f627d42cf6042188ecf00a1ff12", compare_and_delete},
    {"50f5ab4d38adaf78b662a67356cf1fe302b3e00f", compare_and_expire},
    // Spring Integration: obtain, renew, unlock (two kinds)
    {"175897a4e379e99e79a54937be09226f76cdcfe5", {.act = Act::take, .no = Say::nil, .ttl_at = 2}},
    {"879e0f7b8d83c3266d4e996627438c05dbda0b89",
     {.act = Act::extend, .no = Say::nil, .missing = Say::nil, .ttl_at = 2}},
    {"7a71e9443a2a41539fb115a5a27d5a748a871aed", compare_and_delete_or_nil},
    {"f0f9038aa2b6d6c3436c72d147573ea2a58f0ef2", compare_and_delete_or_nil},
};

// By the SHA-1 of the normal form, whichever library it comes from.
constexpr Known known_forms[] = {
    {"278b7fc39f087c6276c7b7c08962022c4fe73ba6", compare_and_delete},
    {"43e9817a622cba86ea5a7b09b0c27646e33f4699", compare_and_expire},
    // redis-py: release, extend, reacquire
    {"16d4f25a8b1272dc33002e333ca708ee3f94da4e", compare_and_delete},
    {"916e9914b8a31fe19fc7a506cc28235a4febf915", add_to_ttl},
    {"b57b48d5536ae982a91ca9929e89a43a617db101", compare_and_expire},
    // node-redlock: acquire, extend, release
    {"edd4ddecf1460b13c093d7cb4fd999c17d3d76d8", several_acquire},
    {"ad59565c53ba1d8128343d84e98a5aaca5739479", several_extend},
    {"872463717b9d8763339c3b80e81ba68c1dbb28c2", several_release},
    // @sesamecare-oss/redlock: acquire, extend, release
    {"10c07aaec82e2c07140bf4c9a5d32b56bb1b4198", second_is_owner(several_acquire)},
    {"39bb3b0174099abf24d4dd100ba83387441e18c6", second_is_owner(several_extend)},
    {"a2bd082eb5b850c50e40c345c53c6e3fa7a94022", second_is_owner(several_release)},
    // redis-semaphore, its Mutex: release, refresh
    {"e2a196b0eec41712d70355978832fd2a7bdfc554", compare_and_delete},
    {"8b94bead10f334fb89b934d1872f79565791a3fc", compare_and_expire},
    // ioredis-lock: release, extend
    {"4a2b93c641e26a1ee37fe8a6683a72a507f6895b", compare_and_delete},
    {"2246c9eb296c94ab8907754845938644013796ae", compare_and_expire},
    // Laravel: add
    {"8b64e514a958adffb2013946c36c6a8935f374d8", set_if_missing_seconds},
};

template <std::size_t size>
const Script* find_in(const Known (&table)[size], std::string_view digest) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [digest](const Known& known) { return known.digest == digest; });
  return found == std::end(table) ? nullptr : &found->script;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == ';'; }

constexpr std::string_view punctuation = "(),=~<>[]{}+-*/.#";

bool is_punctuation(char c) { return punctuation.find(c) != punctuation.npos; }

// Takes the literal at the start of `text` off it. That of a call is a command's name, in any case.
void append_literal(std::string& form, std::string_view& text) {
  const bool is_command = form.ends_with("call(");
  const std::size_t end = text.find(text.front(), 1);
  const std::string_view literal = text.substr(1, end == text.npos ? end : end - 1);
  form += '"';
  for (const char c : literal) form += is_command ? lower(c) : c;
  form += '"';
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
}

// Takes the comment at the start of `text` off it: to the end of the line, or, a long one
// (--[[ … ]], --[==[ … ]==]), to its own end. Both may be that of the text.
void skip_comment(std::string_view& text) {
  std::size_t level = 3;
  while (level < text.size() && text[level] == '=') ++level;
  std::string end = "\n";
  if (text.substr(2).starts_with('[') && text.substr(level).starts_with('[')) {
    end = ']' + std::string(level - 3, '=') + ']';
  }
  const std::size_t found = text.find(end, 2);
  const std::size_t kept = end == "\n" ? found : found + end.size();
  text.remove_prefix(found == text.npos ? text.size() : kept);
}

}  // namespace

std::string normal_form(std::string_view text) {
  std::string form;
  bool space = false;
  while (!text.empty()) {
    const char c = text.front();
    if (text.starts_with("--")) {
      skip_comment(text);
      space = true;
      continue;
    }
    if (is_space(c)) {
      space = true;
      text.remove_prefix(1);
      continue;
    }
    const bool is_needed = !form.empty() && !is_punctuation(form.back()) && !is_punctuation(c);
    if (std::exchange(space, false) && is_needed) form += ' ';
    if (c == '"' || c == '\'') {
      append_literal(form, text);
    } else {
      form += c;
      text.remove_prefix(1);
    }
  }
  return form;
}

const Script* Scripts::find(std::string_view digest) const {
  const std::string wanted = lower(digest);
  if (const Script* known = find_in(known_scripts, wanted)) return known;
  const auto learned = learned_.find(wanted);
  return learned == learned_.end() ? nullptr : learned->second;
}

const Script* Scripts::learn(std::string_view text, std::string& digest) {
  digest = sha1(text);
  if (const Script* known = find(digest)) return known;
  const Script* script = find_in(known_forms, sha1(normal_form(text)));
  if (script == nullptr) return nullptr;
  if (learned_.size() == most_learned) learned_.clear();
  learned_[digest] = script;
  return script;
}

}  // namespace pawl::wire::resp
