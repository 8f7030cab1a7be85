// SPDX-License-Identifier: Apache-2.0
#include "server/http/exposition.hpp"

namespace pawl::server::http {
namespace {

double seconds(Span span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

void Exposition::histogram(std::string_view name, std::string_view help,
                           const Histogram& histogram) {
  family(name, "histogram", help);
  std::uint64_t up_to = 0;
  for (std::size_t at = 0; at < Histogram::bounds; ++at) {
    bucket(seconds(histogram.bound(at)), up_to += histogram.counts()[at]);
  }
  end_histogram(up_to + histogram.counts().back(), seconds(histogram.sum()));
}

void Exposition::bucket(double bound, std::uint64_t up_to) {
  out_.append(name_).append("_bucket{le=\"");
  number(bound);
  out_ += "\"} ";
  number(up_to);
  out_ += '\n';
}

void Exposition::end_histogram(std::uint64_t count, double sum) {
  part("_bucket", "{le=\"+Inf\"}");
  number(count);
  out_ += '\n';
  part("_sum", "");
  number(sum);
  out_ += '\n';
  part("_count", "");
  number(count);
  out_ += '\n';
}

}  // namespace pawl::server::http
