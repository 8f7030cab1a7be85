// SPDX-License-Identifier: Apache-2.0
#include "journal/batch.hpp"

#include "journal/preamble.hpp"

namespace pawl::journal {
namespace {

constexpr std::size_t checksum_at = batch_header_bytes - 8;

// Entries count up from `first` to `last`; their epochs never fall and never pass the batch's.
class RecordOrder {
 public:
  explicit RecordOrder(const BatchHeader& header) : header_(header), next_(header.first) {}

  bool accept(const Record& record) {
    if (record.epoch > header_.epoch) return false;
    if (record.kind == RecordKind::local) return record.index == LogIndex{};
    if (record.index == LogIndex{} || record.index != next_ || record.epoch < epoch_) return false;
    last_ = record.index;
    next_.value += 1;
    epoch_ = record.epoch;
    return true;
  }

  [[nodiscard]] bool complete() const {
    return last_ == header_.last && (header_.first == LogIndex{}) == (header_.last == LogIndex{});
  }

 private:
  const BatchHeader& header_;
  LogIndex next_;
  LogIndex last_;
  Epoch epoch_;
};

}  // namespace

void encode_batch_header(const BatchHeader& header, MutableBytes out) {
  store_magic(out, 0, batch_magic);
  store32(out, 8, header.length);
  store32(out, 12, header.records);
  store64(out, 16, header.salt);
  store64(out, 24, header.sequence.value);
  store64(out, 32, header.durable.value);
  store64(out, 40, header.epoch.value);
  store64(out, 48, header.first.value);
  store64(out, 56, header.last.value);
  store32(out, 64, header.scramble);
  store32(out, 68, 0);
  store64(out, 72, header.previous);
  store64(out, 80, header.body_checksum);
  store64(out, checksum_at, checksum(out.first(checksum_at), header.salt));
}

std::optional<BatchHeader> decode_batch_header(Bytes bytes, std::uint64_t salt) {
  if (bytes.size() < batch_header_bytes || !has_magic(bytes, 0, batch_magic)) return std::nullopt;
  if (load64(bytes, 16) != salt) return std::nullopt;
  BatchHeader header;
  header.checksum = load64(bytes, checksum_at);
  if (header.checksum != checksum(bytes.first(checksum_at), salt)) return std::nullopt;
  header.length = load32(bytes, 8);
  header.records = load32(bytes, 12);
  header.salt = salt;
  header.sequence = BatchSequence{load64(bytes, 24)};
  header.durable = BatchSequence{load64(bytes, 32)};
  header.epoch = Epoch{load64(bytes, 40)};
  header.first = LogIndex{load64(bytes, 48)};
  header.last = LogIndex{load64(bytes, 56)};
  header.scramble = load32(bytes, 64);
  header.previous = load64(bytes, 72);
  header.body_checksum = load64(bytes, 80);
  if (header.length == 0 || header.length % sector_bytes != 0 || header.length > max_batch_bytes) {
    return std::nullopt;
  }
  return header;
}

void scramble_body(MutableBytes body, std::uint64_t salt, BatchSequence sequence,
                   std::uint32_t scramble) {
  std::uint64_t state = mix(salt ^ mix(sequence.value ^ mix(scramble)));
  for (std::size_t at = 0; at + 8 <= body.size(); at += 8) {
    store64(body, at, load64(body, at) ^ mix(state));
    state += 0x9E3779B97F4A7C15;
  }
}

bool visit_records(const BatchHeader& header, Bytes body,
                   const std::function<void(const Record&)>& visit) {
  RecordOrder order(header);
  for (std::uint32_t i = 0; i < header.records; ++i) {
    if (body.size() < record_header_bytes) return false;
    const std::size_t length = load32(body, 0);
    const std::uint32_t kind = load32(body, 4);
    const std::size_t padded = round_up(record_header_bytes + length, 8);
    if (padded > body.size()) return false;
    if (kind != static_cast<std::uint32_t>(RecordKind::entry) &&
        kind != static_cast<std::uint32_t>(RecordKind::local)) {
      return false;
    }
    const Record record{static_cast<RecordKind>(kind), Epoch{load64(body, 8)},
                        LogIndex{load64(body, 16)}, body.subspan(record_header_bytes, length)};
    if (!order.accept(record)) return false;
    if (!all_zero(
            body.subspan(record_header_bytes + length, padded - record_header_bytes - length))) {
      return false;
    }
    visit(record);
    body = body.subspan(padded);
  }
  return order.complete() && body.size() < sector_bytes && all_zero(body);
}

}  // namespace pawl::journal
