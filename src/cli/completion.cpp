// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <sstream>
#include <vector>

namespace pawl::cli {
namespace {

using Words = std::vector<std::string>;

struct OptionWords {
  Words names;  // with their dashes; empty: positional
  bool takes_value = false;
  Words choices;  // of the value, where they are known
  std::string meaning;
};

struct CommandWords {
  std::string name;  // empty: the program itself
  std::string meaning;
  std::vector<OptionWords> options;
};

// CLI11 tells them as part of the type: TEXT:{text,json}.
Words choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  if (open == type.npos || close == type.npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

CommandWords words_of(const CLI::App& app) {
  CommandWords command{app.get_name(), app.get_description(), {}};
  for (const CLI::Option* option : app.get_options()) {
    OptionWords words;
    for (const std::string& name : option->get_snames()) words.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) words.names.push_back("--" + name);
    words.takes_value = option->get_items_expected_max() > 0;
    words.choices = choices_of(*option);
    words.meaning = option->get_description();
    command.options.push_back(std::move(words));
  }
  return command;
}

struct ProgramWords {
  CommandWords globals;
  std::vector<CommandWords> commands;
};

ProgramWords words_of_all(const CLI::App& app) {
  ProgramWords all{words_of(app), {}};
  all.globals.name.clear();
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    all.commands.push_back(words_of(*command));
  }
  return all;
}

std::string join(const Words& words, const char* between) {
  return CLI::detail::join(words, between);
}

// For single quotes, in any of the shells.
std::string shell_quoted(std::string text) {
  for (std::size_t at = text.find('\''); at != text.npos; at = text.find('\'', at + 4)) {
    text.replace(at, 1, "'\\''");
  }
  return "'" + text + "'";
}

Words option_names(const CommandWords& command) {
  Words names;
  for (const OptionWords& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// Everything that may follow a command: its options, those of all, the choices of a positional.
Words words_behind(const CommandWords& command, const CommandWords& globals) {
  Words words = option_names(command);
  for (const std::string& name : option_names(globals)) {
    if (std::find(words.begin(), words.end(), name) == words.end()) words.push_back(name);
  }
  for (const OptionWords& option : command.options) {
    if (option.names.empty())
      words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  return words;
}

// case $command:$previous in …: after an option that takes a value, only what may be its value.
void write_values(std::ostream& out, const CommandWords& command, const std::string& offer) {
  for (const OptionWords& option : command.options) {
    if (option.names.empty() || !option.takes_value) continue;
    Words patterns;
    for (const std::string& name : option.names) {
      patterns.push_back((command.name.empty() ? "*" : command.name) + ":" + name);
    }
    out << "    " << join(patterns, "|") << ") ";
    if (!option.choices.empty()) out << "offered='" << join(option.choices, " ") << "' " << offer;
    out << "return ;;\n";
  }
}

// Of the globals: what stands before the command and takes a word with it.
std::string patterns_with_value(const CommandWords& globals) {
  Words names;
  for (const OptionWords& option : globals.options) {
    if (option.takes_value) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return join(names, "|");
}

std::string bash_script(const ProgramWords& all) {
  constexpr auto offer = "; COMPREPLY=($(compgen -W \"$offered\" -- \"$current\")); ";
  std::ostringstream out;
  out << "# bash completion of pawl, printed by: pawl completion bash\n"
         "_pawl() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local command='' offered='' i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      "
      << patterns_with_value(all.globals)
      << ") ((i++)) ;;\n"
         "      -*) ;;\n"
         "      *) command=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command:$previous in\n";
  for (const CommandWords& command : all.commands) write_values(out, command, offer);
  write_values(out, all.globals, offer);
  out << "  esac\n"
         "  case $command in\n";
  Words first;
  for (const CommandWords& command : all.commands) first.push_back(command.name);
  const Words globals = option_names(all.globals);
  first.insert(first.end(), globals.begin(), globals.end());
  out << "    '') offered='" << join(first, " ") << "' ;;\n";
  for (const CommandWords& command : all.commands) {
    out << "    " << command.name << ") offered='" << join(words_behind(command, all.globals), " ")
        << "' ;;\n";
  }
  out << "  esac\n"
         "  COMPREPLY=($(compgen -W \"$offered\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _pawl pawl\n";
  return out.str();
}

std::string zsh_script(const ProgramWords& all) {
  constexpr auto offer = "; compadd -- ${=offered}; ";
  std::ostringstream out;
  out << "#compdef pawl\n"
         "# zsh completion of pawl, printed by: pawl completion zsh\n"
         "_pawl() {\n"
         "  local previous=${words[CURRENT-1]} command='' i\n"
         "  local -a line=(\"${words[@]}\") commands\n"
         "  local offered=''\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    case ${line[i]} in\n"
         "      "
      << patterns_with_value(all.globals)
      << ") ((i++)) ;;\n"
         "      -*) ;;\n"
         "      *) command=${line[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command:$previous in\n";
  for (const CommandWords& command : all.commands) write_values(out, command, offer);
  write_values(out, all.globals, offer);
  out << "  esac\n"
         "  case $command in\n"
         "    '')\n"
         "      commands=(\n";
  for (const CommandWords& command : all.commands) {
    out << "        " << shell_quoted(command.name + ":" + command.meaning) << "\n";
  }
  out << "      )\n"
         "      _describe command commands\n"
         "      offered='"
      << join(option_names(all.globals), " ") << "' ;;\n";
  for (const CommandWords& command : all.commands) {
    out << "    " << command.name << ") offered='" << join(words_behind(command, all.globals), " ")
        << "' ;;\n";
  }
  out << "  esac\n"
         "  compadd -- ${=offered}\n"
         "  [[ -z $command ]] || _files\n"
         "}\n"
         "compdef _pawl pawl\n";
  return out.str();
}

void write_fish(std::ostream& out, const std::string& condition, const OptionWords& option) {
  out << "complete -c pawl" << condition;
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    out << (is_long ? " -l " : " -s ") << name.substr(is_long ? 2 : 1);
  }
  if (!option.names.empty() && option.takes_value) out << " -r";
  if (!option.choices.empty()) out << " -f -a " << shell_quoted(join(option.choices, " "));
  out << " -d " << shell_quoted(option.meaning) << "\n";
}

std::string fish_script(const ProgramWords& all) {
  std::ostringstream out;
  out << "# fish completion of pawl, printed by: pawl completion fish\n";
  for (const OptionWords& option : all.globals.options) write_fish(out, "", option);
  for (const CommandWords& command : all.commands) {
    out << "complete -c pawl -n __fish_use_subcommand -f -a " << command.name << " -d "
        << shell_quoted(command.meaning) << "\n";
    const std::string condition = " -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const OptionWords& option : command.options) {
      const bool is_help = !option.names.empty() && option.names.back() == "--help";
      if (!is_help && !(option.names.empty() && option.choices.empty())) {
        write_fish(out, condition, option);
      }
    }
  }
  return out.str();
}

}  // namespace

std::string completion_script(const CLI::App& app, std::string_view shell) {
  const ProgramWords all = words_of_all(app);
  if (shell == "bash") return bash_script(all);
  return shell == "zsh" ? zsh_script(all) : fish_script(all);
}

}  // namespace pawl::cli
