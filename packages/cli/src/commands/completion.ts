import { EXIT, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";

// The parser itself knows every command and option: it is asked at each press of the key.
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# Put this into ~/.bashrc: source <(q completion bash)
_q_completion() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(q --get-yargs-completions "\${COMP_WORDS[@]}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  return 0
}
complete -o filenames -F _q_completion q`,
  zsh: `#compdef q
# Put this into ~/.zshrc, after compinit: source <(q completion zsh)
_q_completion() {
  local -a found
  found=("\${(@f)$(q --get-yargs-completions "\${words[@]}" 2>/dev/null | sed 's/:.*//')}")
  if [ -n "\${found[1]}" ]; then compadd -a found; else _files; fi
}
compdef _q_completion q`,
  fish: `# Put this into ~/.config/fish/completions/q.fish: q completion fish > ~/.config/fish/completions/q.fish
complete -c q -a '(q --get-yargs-completions (commandline -opc) (commandline -ct | string collect --allow-empty) 2>/dev/null | string replace -r ":.*" "")'`,
};

/** The shells. */
export const SHELLS: readonly string[] = Object.keys(SCRIPTS);

/** Prints the script that completes \`q\` in a shell. */
export async function runCompletion({ shell }: { shell: string }, io: Io): Promise<number> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) throw new UsageError(`there is no completion for "${shell}": bash, zsh or fish.`);
  io.out(script);
  return EXIT.ok;
}
