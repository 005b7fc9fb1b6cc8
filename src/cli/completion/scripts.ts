import { completeWord, type Shell } from './typed-words.ts';

/**
 * The script by which a shell asks podid for candidates. The shell gives it 0.3 s and then goes on without:
 * bash 4 and zsh read with a limit, bash 3 (macOS) ends it, and fish has `timeout` for it where that is
 * installed.
 */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}

const bash = `# podid completion for bash: eval "$(podid completion bash)"
_podid() {
  local answer= word
  COMPREPLY=()
  if ((BASH_VERSINFO[0] >= 4)); then
    IFS= read -r -d '' -t "\${PODID_COMPLETION_TIMEOUT:-0.3}" answer < <("$1" ${completeWord} bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  else
    answer=$(
      "$1" ${completeWord} bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null &
      podid=$!
      (sleep "\${PODID_COMPLETION_TIMEOUT:-0.3}"; kill "$podid") >/dev/null 2>&1 &
      wait "$podid" 2>/dev/null
      kill $! 2>/dev/null
    )
  fi
  while IFS=$'\\t' read -r word _; do
    if [[ $word == :file ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    [[ -n $word ]] && COMPREPLY+=("$word")
  done <<<"$answer"
}
complete -F _podid podid
`;

const zsh = `#compdef podid
# podid completion for zsh: source <(podid completion zsh), or this as _podid in a folder of $fpath
_podid() {
  local answer= line
  local -a found
  IFS= read -r -d '' -t "\${PODID_COMPLETION_TIMEOUT:-0.3}" answer < <("$words[1]" ${completeWord} zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)
  for line in "\${(@f)answer}"; do
    if [[ $line == :file ]]; then
      _files
      return
    fi
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${(M)line%%*$'\\t'*}:+:\${line#*$'\\t'}}")
  done
  _describe -V podid found
}
if [[ $funcstack[1] == _podid ]]; then
  _podid "$@"
else
  compdef _podid podid
fi
`;

const fish = `# podid completion for fish: podid completion fish | source
function __podid_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l limit 0.3
    set -q PODID_COMPLETION_TIMEOUT; and set limit $PODID_COMPLETION_TIMEOUT
    set -l within
    type -q timeout; and test (type -t $words[1] 2>/dev/null) = file; and set within timeout $limit
    set -l found ($within $words[1] ${completeWord} fish $words[2..-1] "$current" 2>/dev/null)
    if test "$found[1]" = :file
        __fish_complete_path "$current"
    else
        printf '%s\\n' $found
    end
end
complete -c podid -f -k -a '(__podid_complete)'
`;

const powershell = `# podid completion for PowerShell: podid completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName podid -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or $wordToComplete -eq '' } | ForEach-Object { "$_" })
    $current = if ($wordToComplete -eq '') { '""' } else { $wordToComplete }
    & podid ${completeWord} powershell @words $current 2>$null | ForEach-Object {
        $word, $summary = $_ -split "\`t", 2
        if ($word -eq ':file') { return }
        if (-not $summary) { $summary = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $summary)
    }
}
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish, powershell };
