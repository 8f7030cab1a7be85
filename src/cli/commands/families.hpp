// SPDX-License-Identifier: Apache-2.0
//
// The commands of pawl, one file a family. Each function adds its commands to the program.
#pragma once

#include "cli/program.hpp"

namespace pawl::cli {

void add_acquire(Program& program);         // acquire.cpp
void add_token_commands(Program& program);  // tokens.cpp: renew release verify break
void add_look_commands(Program& program);   // look.cpp: why show ls sessions
void add_top(Program& program);             // top.cpp
void add_watch(Program& program);           // watch.cpp
void add_node_commands(Program& program);   // nodes.cpp: status handover promote
void add_secret(Program& program);          // secret.cpp
void add_certs(Program& program);           // certs.cpp
void add_bench(Program& program);           // bench.cpp
void add_basic_commands(Program& program);  // basics.cpp: ping send version completion

}  // namespace pawl::cli
