// SPDX-License-Identifier: Apache-2.0
//
// One thread for background file work: preparing and deleting files, META, snapshots. Tasks run in
// the order they were posted, those of post_later behind all others: a snapshot, in small pieces,
// keeps nobody waiting. The destructor runs what is still queued, then ends the thread.
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

  using Task = std::function<void()>;

  // From any thread, tasks included.
  void post(Task task);
  void post_later(Task task);
  // Returns when nothing is left to run, of tasks that others posted meanwhile too.
  void drain();

 private:
  void put(std::deque<Task>& queue, Task task);
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Task> tasks_;
  std::deque<Task> later_;
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pawl::storage
