// SPDX-License-Identifier: Apache-2.0
//
// pawld: options, configuration, perhaps a task of maintenance; else log, disk, server, run.
#include <unistd.h>

#include "server/activation.hpp"
#include "server/allocator.hpp"
#include "server/clock.hpp"
#include "server/config/options.hpp"
#include "server/descriptors.hpp"
#include "server/log.hpp"
#include "server/maintenance.hpp"
#include "server/notify.hpp"
#include "server/reloading.hpp"
#include "server/server.hpp"
#include "server/signals.hpp"
#include "server/store.hpp"
#include "server/tls/keyring.hpp"

namespace {

std::optional<std::string> files_of_tls(const pawl::server::Config& config) {
  const auto keys = pawl::server::tls::Keyring::load(config);
  if (keys) return std::nullopt;
  return keys.error().why;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace pawl::server;
  keep_little_memory();
  const auto options = parse_options(argc, argv);
  if (const Exit* exit = std::get_if<Exit>(&options)) return report(*exit);
  const Environment environment = split_environment(::environ);
  const auto effective = configure(std::get<Options>(options), environment, files_of_tls);
  if (const Exit* exit = std::get_if<Exit>(&effective)) return report(*exit);
  const Config& config = std::get<Effective>(effective).config;
  if (const auto ended = maintain(std::get<Options>(options).task, config)) return report(*ended);

  auto keys = tls::Keyring::load(config);
  if (!keys) return report({exit_bad_config, "pawld: " + keys.error().why + "\n"});
  const auto given = Activation::take(environment);
  if (!given) return report({given.error().exit_code, "pawld: " + given.error().why + "\n"});
  raise_descriptor_limit();
  if (const auto few = too_few_descriptors(descriptor_use(config))) {
    return report({few->exit_code, "pawld: " + few->why + "\n"});
  }
  Log log(config.log_level, style_of_stderr(config.log_format));
  Notify notify(environment, log);
  const auto store = Store::open(config, log, [&] { notify.recovering(read_clock()); });
  if (!store) return report({store.error().exit_code, "pawld: " + store.error().why + "\n"});
  Server server(config, log, **store, notify, *std::move(keys));
  Reloading reloading(std::get<Options>(options), environment, config);
  const auto reload = [&] {
    notify.reloading();
    reloading.reload(log, server);
    notify.reloaded();
  };
  const Signals signals(
      server.context(),
      {.drain = [&] { server.drain(); }, .stop = [&] { server.stop(); }, .reload = reload});
  const auto serves = server.listen(config.listen, *given);
  if (!serves) {
    (*store)->close();
    return report({serves.error().exit_code, "pawld: " + serves.error().why + "\n"});
  }
  notify.ready(*serves);
  server.run();
  (*store)->close();
  log.info("stopped");
}
