// SPDX-License-Identifier: Apache-2.0
//
// The disk of one pawld: opens the data directory, recovers what it has, and carries out what the
// node asks for: append and flush, META, snapshots. Decides nothing about locks. File work runs on
// its two threads; what comes of it is posted to the io thread. An error there ends the process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "base/moment.hpp"
#include "journal/meta.hpp"
#include "node/event.hpp"
#include "node/node.hpp"
#include "node/recovered.hpp"
#include "server/config/config.hpp"
#include "server/log.hpp"
#include "server/start_failure.hpp"
#include "storage/data_directory.hpp"
#include "storage/log_writer.hpp"
#include "storage/meta_file.hpp"
#include "storage/recovery.hpp"
#include "storage/snapshot_saver.hpp"
#include "storage/worker.hpp"

namespace pawl::server {

class Store {
 public:
  // Everything is read and made safe to go on with; META says that this process has begun.
  // `progress`, if any, is called for each piece read.
  [[nodiscard]] static Started<std::unique_ptr<Store>> open(
      const Config& config, const Log& log, const std::function<void()>& progress = {});

  // What the node starts with; once.
  [[nodiscard]] node::Recovered take_recovered() { return std::move(recovered_); }

  // From here on events come, on the io thread.
  void start(boost::asio::io_context& context, std::function<void(const node::Event&)> deliver,
             Moment now);

  // A step's wishes; and at the end of a turn the records that its steps made.
  void want(const node::Actions& actions);
  void append(node::Node& node);

  // About once a second.
  void look_after(Moment now);

  // Flushes what was handed over and says in META that nothing is missing.
  void close();

 private:
  Store(const Log& log, Durability durability, storage::DataDirectory directory)
      : log_(log), durability_(durability), directory_(std::move(directory)) {}

  // store_open.cpp
  [[nodiscard]] Started<void> read_meta();
  [[nodiscard]] Started<void> recover(const std::function<void()>& progress);
  [[nodiscard]] Started<void> refuse_forgetting() const;
  [[nodiscard]] Started<void> say_begun(const Config& config);

  void store_meta(const node::MetaStored& wanted);
  void end_grace();
  void save(const node::SnapshotPart& part);
  void on_log(const storage::LogEvent& event);
  void on_snapshot(const storage::SnapshotEvent& event);
  void post(node::Event event);
  [[noreturn]] void end_process(const storage::Failure& failure) const;

  const Log& log_;
  Durability durability_;
  storage::DataDirectory directory_;
  storage::MetaFile meta_file_{directory_.files()};
  journal::Meta meta_;   // the worker's once started
  bool is_new_ = false;  // the directory had no META
  node::Recovered recovered_;
  std::optional<storage::Log> opened_;
  Milliseconds grace_left_{0};
  Moment grace_ends_ = never;  // META says until then that grants are held back

  boost::asio::io_context* context_ = nullptr;
  std::function<void(const node::Event&)> deliver_;
  std::unique_ptr<storage::Worker> worker_;
  std::unique_ptr<storage::LogWriter> writer_;
  std::unique_ptr<storage::SnapshotSaver> saver_;
};

}  // namespace pawl::server
