// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON from left to right, straight into a string: a list of a thousand locks must not hold
// up the loop, and a tree of values would. Whatever is put in, what comes out is valid UTF-8
// without control characters.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "pawl/types.hpp"

namespace pawl::wire {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  JsonWriter& key(std::string_view name) {
    text(name);
    out_ += ':';
    first_ = true;
    return *this;
  }
  void text(std::string_view text);
  void number(std::integral auto value) {
    separate();
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void number(double value) {
    separate();
    char digits[32];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void milliseconds(Milliseconds span) { number(span.count()); }
  void boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
  }
  void null() {
    separate();
    out_ += "null";
  }
  void text_or_null(std::string_view text);

 private:
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void escape(unsigned character);

  std::string& out_;
  bool first_ = true;
};

}  // namespace pawl::wire
