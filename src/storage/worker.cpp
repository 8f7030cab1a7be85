// SPDX-License-Identifier: Apache-2.0
#include "storage/worker.hpp"

#include <utility>

namespace pawl::storage {

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Worker::post(Task task) { put(tasks_, std::move(task)); }

void Worker::post_later(Task task) { put(later_, std::move(task)); }

void Worker::put(std::deque<Task>& queue, Task task) {
  {
    const std::lock_guard lock(mutex_);
    queue.push_back(std::move(task));
  }
  wake_.notify_one();
}

void Worker::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return tasks_.empty() && later_.empty() && !running_; });
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty() || !later_.empty(); });
    std::deque<Task>& queue = tasks_.empty() ? later_ : tasks_;
    if (queue.empty()) return;
    Task task = std::move(queue.front());
    queue.pop_front();
    running_ = true;
    lock.unlock();
    task();
    task = nullptr;  // what it holds may post again
    lock.lock();
    running_ = false;
    if (tasks_.empty() && later_.empty()) idle_.notify_all();
  }
}

}  // namespace pawl::storage
