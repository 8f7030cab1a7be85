// SPDX-License-Identifier: Apache-2.0
//
// One thread for background file work: preparing and deleting files, META, snapshots. Tasks run in
// the order they were posted. The destructor runs what is still queued, then ends the thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace pawl::storage {

class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(std::function<void()> task);  // from any thread
  void drain();                           // returns when all posted before has run

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::storage
