// SPDX-License-Identifier: Apache-2.0
#include "wire/request.hpp"

#include <initializer_list>

#include "wire/text.hpp"
#include "wire/verbs.hpp"
#include "wire/words.hpp"

namespace pawl::wire {
namespace {

// In any case, `size` characters; `lower` is in lower case.
bool agree(std::string_view line, std::string_view lower, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const char c = line[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

template <class Fits>
bool fits_http(Fits fits) {
  return fits("get ") || fits("post ") || fits("host:");
}

// A client's own word is repeated to it only if it is short and harmless: " 'tll'" or nothing.
void append_shown(std::string& out, std::string_view word) {
  if (!is_tag(word)) return;
  out.append(" '").append(word).append("'");
}

request::Malformed malformed(ErrorCode code, std::string_view message) {
  return {.code = code, .message = message};
}

}  // namespace

bool is_foreign(std::string_view line) {
  return fits_http([line](std::string_view word) {
    return line.size() >= word.size() && agree(line, word, word.size());
  });
}

bool may_become_foreign(std::string_view beginning) {
  return fits_http([beginning](std::string_view word) {
    return beginning.size() < word.size() && agree(beginning, word, beginning.size());
  });
}

Line RequestParser::parse(std::string_view line) {
  Line result;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (is_foreign(line)) {
    result.kind = LineKind::foreign;
    return result;
  }
  const bool sound = is_text(line);
  Words words(line);
  words.skip_blanks();
  if (words.at_end()) return result;

  result.kind = sound ? LineKind::request : LineKind::poison;
  bool tag_is_good = true;
  if (words.front() == '#') {
    const std::string_view tag = words.take_plain().substr(1);
    tag_is_good = is_tag(tag);
    if (tag_is_good) result.tag = tag;
    words.skip_blanks();
  }
  const std::string_view word = words.take_plain();
  const VerbRule* const rule = find_verb(word);

  if (!sound) {
    result.request = malformed(ErrorCode::bad_request, "a line is UTF-8 text without NUL bytes");
  } else if (!tag_is_good) {
    result.request = malformed(ErrorCode::bad_request, "a tag is # and 1-32 of A-Z a-z 0-9 . _ -");
  } else if (word.empty()) {
    result.request = malformed(ErrorCode::bad_request, "a request must follow the tag");
  } else if (rule == nullptr) {
    result.request = unknown(word);
  } else {
    parse_request(*rule, words, result.request);
  }
  if (auto* bad = std::get_if<request::Malformed>(&result.request); bad != nullptr) {
    bad->of_session = rule != nullptr && (rule->verb == Verb::open || rule->verb == Verb::resume);
  }
  return result;
}

request::Malformed RequestParser::unknown(std::string_view word) {
  if (word.front() == '*') {
    return malformed(
        ErrorCode::unknown_command,
        "RESP begins with a connection, not within it: send plain lines, HELP lists them");
  }
  message_ = "unknown command";
  append_shown(message_, word);
  message_ += ": HELP lists what there is";
  return malformed(ErrorCode::unknown_command, message_);
}

void RequestParser::parse_request(const VerbRule& rule, Words& words, Request& out) {
  words_.clear();
  words_are_plain_ = true;
  text_.clear();
  options_.given = 0;
  if (const auto bad = take_words(rule, words)) {
    out = *bad;
  } else {
    build_request(rule, {words_, words_are_plain_}, options_, message_, out);
  }
}

std::optional<request::Malformed> RequestParser::take_words(const VerbRule& rule, Words& words) {
  for (words.skip_blanks(); !words.at_end(); words.skip_blanks()) {
    Word word;
    std::string_view problem;
    if (rule.verb == Verb::auth) {
      word.value = words.take_plain();  // a secret may well have a = in it
    } else if (!words.take(text_, word, problem)) {
      return malformed(ErrorCode::bad_request, problem);
    }
    if (!word.is_option) {
      if (words_.size() == rule.most_words) return misused(rule, " takes fewer words: ");
      words_.push_back(word.value);
      words_are_plain_ = words_are_plain_ && word.is_plain;
      continue;
    }
    const auto option = find_option(word.key);
    if (!option || !rule.takes_option(*option)) return unknown_option(rule, word.key);
    if (options_.has(*option)) return repeated_option(*option);
    options_.set(*option, word.value);
  }
  if (words_.size() < rule.least_words) return misused(rule, " needs more words: ");
  if ((rule.needed & ~options_.given) != 0) return misused(rule, " needs more options: ");
  return std::nullopt;
}

request::Malformed RequestParser::misused(const VerbRule& rule, std::string_view how) {
  message_.assign(rule.word).append(how).append(rule.usage);
  return malformed(ErrorCode::bad_request, message_);
}

request::Malformed RequestParser::unknown_option(const VerbRule& rule, std::string_view key) {
  message_ = "unknown option";
  append_shown(message_, key);
  message_.append(" (").append(rule.word).append(" takes ");
  message_.append(rule.takes.empty() ? "none" : rule.takes).append(")");
  return malformed(ErrorCode::bad_request, message_);
}

request::Malformed RequestParser::repeated_option(Option option) {
  message_.assign(option_name(option)).append("= stands twice: give it once");
  return malformed(ErrorCode::bad_request, message_);
}

}  // namespace pawl::wire
