// SPDX-License-Identifier: Apache-2.0
//
// Writes the text format 0.0.4 of Prometheus: families of samples, each with its help and type.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <string>
#include <string_view>

#include "base/histogram.hpp"

namespace pawl::server::http {

class Exposition {
 public:
  explicit Exposition(std::string& out) : out_(out) {}

  // A family of one sample.
  template <class Number>
  void gauge(std::string_view name, std::string_view help, Number value) {
    family(name, "gauge", help);
    sample("", value);
  }
  template <class Number>
  void counter(std::string_view name, std::string_view help, Number value) {
    family(name, "counter", help);
    sample("", value);
  }

  // A family of several, which follow.
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_.append("# HELP ").append(name).append(1, ' ').append(help).append(1, '\n');
    out_.append("# TYPE ").append(name).append(1, ' ').append(type).append(1, '\n');
  }
  // `label`: key="value", or nothing. Values are words of ours or names of nodes: nothing in them
  // needs an escape.
  template <class Number>
  void sample(std::string_view label, Number value) {
    out_ += name_;
    if (!label.empty()) out_.append(1, '{').append(label).append(1, '}');
    out_ += ' ';
    number(value);
    out_ += '\n';
  }
  template <class Number>
  void sample(std::string_view key, std::string_view word, Number value) {
    label_.assign(key).append("=\"").append(word).append(1, '"');
    sample(label_, value);
  }

  // In seconds.
  void histogram(std::string_view name, std::string_view help, const Histogram& histogram);
  // Begins one whose buckets the caller counts up.
  void bucket(double bound, std::uint64_t up_to);
  void end_histogram(std::uint64_t count, double sum);

 private:
  template <class Number>
  void number(Number value) {
    char digits[32];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void part(std::string_view suffix, std::string_view label) {
    out_.append(name_).append(suffix).append(label).append(1, ' ');
  }

  std::string& out_;
  std::string_view name_;  // of the family
  std::string label_;
};

}  // namespace pawl::server::http
