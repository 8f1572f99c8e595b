# Completion of webpress for bash 3.2 and later. For this shell alone:
#   source <(webpress completion bash)
# For all, with the package bash-completion:
#   webpress completion bash >~/.local/share/bash-completion/completions/webpress

_webpress() {
  local cur=${COMP_WORDS[COMP_CWORD]} flag= command= before= i word
  COMPREPLY=()

  # bash makes words of their own of = and of what is behind it.
  case $cur in
    =) flag=${COMP_WORDS[COMP_CWORD-1]} cur= ;;
    --*=*) flag=${cur%%=*} before=$flag= cur=${cur#*=} ;;
    *)
      word=${COMP_WORDS[COMP_CWORD-1]}
      if [[ $word == = && $COMP_CWORD -gt 1 ]]; then
        flag=${COMP_WORDS[COMP_CWORD-2]}
      elif _webpress_takes "$word"; then
        flag=$word
      fi
      ;;
  esac

  if [[ -n $flag ]]; then
    _webpress_values "$flag"
    return
  fi
  if [[ $cur == -* ]]; then
    _webpress_words '--glob= --ignore= --sources= --if-no-images= --format= --widths= --variants= -q --quality= --look= --min-quality= --max-quality= --max-bytes= --shrink --no-shrink --score --no-score --quality-cap --no-quality-cap --lossless= --near-lossless= --effort= --max-width= --max-height= --width= --height= --crop= --enlarge --no-enlarge --background= --metadata= -o --output= --overwrite --no-overwrite --originals= --min-savings= --manifest= -n --dry-run --no-dry-run --references= --dimensions --no-dimensions --reference-roots= --reference-hosts= --references-social --no-references-social --base-url= --max-pixels= --max-file-size= --memory-limit= --timeout= --sandbox= -j --jobs= --engine= --engine-key= --engine-insecure --no-engine-insecure --lock --no-lock --prune --no-prune --changed-only= --base= --cache-dir= --cache-size= --max-age= --shard= --matrix-job= --checks= --verify --sarif= --store= --cache-control= --aws-role= --gcp-workload-identity-provider= --gcp-service-account= --azure-client-id= --azure-tenant-id= --commit-message= --commit-branch= --commit-method= --commit-author= --open-pull-request --no-open-pull-request --pull-request-title= --pull-request-labels= --artifact-name= --artifact-retention-days= --artifact-dir= --token= --gitlab-token= --retries= --concurrency-per-host= --allow-private-hosts= --header= --fail-on= --summary --no-summary --report= --dotenv= --code-quality= --comment --no-comment --webhook-url= --webhook-secret= --json --no-json --color= --quiet --no-quiet -v --verbose --no-verbose --command= --uploads= -C --working-directory= --config= -h --help -V --version --no-config --unused --missing --listen= --data= --public-url= --cors-origins= --queue= --keep= --allow-downloads --rate= --concurrency= --quota= --options= '
    [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
    return
  fi

  # The command is the first word that is neither a flag nor the value of one.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --) command=--; break ;;
      =) ((i++)) ;;
      -*) if [[ ${COMP_WORDS[i+1]} != = ]] && _webpress_takes "$word"; then ((i++)); fi ;;
      *) command=$word; break ;;
    esac
  done
  case $command in
    convert) _webpress_paths -f ;;
    check) _webpress_paths -f ;;
    init) : ;;
    accept) _webpress_paths -f ;;
    apply) _webpress_paths -d ;;
    merge) _webpress_paths -d ;;
    references) _webpress_paths -f ;;
    view) _webpress_paths -f ;;
    repair-lock) : ;;
    serve) : ;;
    key) : ;;
    help) _webpress_words 'convert check init accept apply merge references view repair-lock serve key help version completion man' ;;
    version) : ;;
    completion) _webpress_words 'bash zsh fish' ;;
    man) : ;;
    '')
      _webpress_words 'convert check init accept apply merge references view repair-lock serve key help version completion man '
      _webpress_paths -f
      ;;
    *) _webpress_paths -f ;;
  esac
}

# _webpress_takes says whether a flag needs a value.
_webpress_takes() {
  case $1 in
    --glob|--ignore|--sources|--if-no-images|--format|--widths|--variants|--quality|-q|--look|--min-quality|--max-quality|--max-bytes|--lossless|--near-lossless|--effort|--max-width|--max-height|--width|--height|--crop|--background|--metadata|--output|-o|--originals|--min-savings|--manifest|--references|--reference-roots|--reference-hosts|--base-url|--max-pixels|--max-file-size|--memory-limit|--timeout|--sandbox|--jobs|-j|--engine|--engine-key|--changed-only|--base|--cache-dir|--cache-size|--max-age|--shard|--matrix-job|--checks|--sarif|--store|--cache-control|--aws-role|--gcp-workload-identity-provider|--gcp-service-account|--azure-client-id|--azure-tenant-id|--commit-message|--commit-branch|--commit-method|--commit-author|--pull-request-title|--pull-request-labels|--artifact-name|--artifact-retention-days|--artifact-dir|--token|--gitlab-token|--retries|--concurrency-per-host|--allow-private-hosts|--header|--fail-on|--report|--dotenv|--code-quality|--webhook-url|--webhook-secret|--color|--command|--uploads|--working-directory|-C|--config|--listen|--data|--public-url|--cors-origins|--queue|--keep|--rate|--concurrency|--quota|--options|--) [[ $1 != -- ]] ;;
    *) return 1 ;;
  esac
}

# _webpress_values completes the value of a flag.
_webpress_values() {
  case $1 in
    --glob) _webpress_paths -f ;;
    --ignore) _webpress_paths -f ;;
    --sources) _webpress_paths -f ;;
    --if-no-images) _webpress_words 'warn error ignore' ;;
    --format) _webpress_list 'webp avif jpeg png' ;;
    --lossless) _webpress_words 'auto always never' ;;
    --near-lossless) _webpress_words 'auto never' ;;
    --crop) _webpress_words 'none center top bottom left right top-left top-right bottom-left bottom-right attention entropy' ;;
    --metadata) _webpress_words 'icc copyright none all' ;;
    --originals) _webpress_words 'keep remove remove-always' ;;
    --manifest) _webpress_paths -f ;;
    --references) _webpress_words 'off report update picture' ;;
    --reference-roots) _webpress_paths -d ;;
    --sandbox) _webpress_words 'auto require off' ;;
    --changed-only) _webpress_words 'auto true false' ;;
    --cache-dir) _webpress_paths -d ;;
    --checks) _webpress_list 'outputs budgets references' ;;
    --verify) _webpress_words 'auto true false' ;;
    --sarif) _webpress_paths -f ;;
    --store) _webpress_list 'commit artifact none' ;;
    --commit-method) _webpress_words 'auto graphql push' ;;
    --artifact-dir) _webpress_paths -d ;;
    --fail-on) _webpress_words 'error change none' ;;
    --report) _webpress_paths -f ;;
    --dotenv) _webpress_paths -f ;;
    --code-quality) _webpress_paths -f ;;
    --color) _webpress_words 'auto always never' ;;
    --command) _webpress_words 'convert check merge' ;;
    --uploads) _webpress_paths -d ;;
    --working-directory|-C) _webpress_paths -d ;;
    --config) _webpress_paths -f ;;
    --data) _webpress_paths -d ;;
  esac
}

# _webpress_list completes the last of several values with commas in between.
_webpress_list() {
  if [[ $cur == *,* ]]; then
    before=$before${cur%,*},
    cur=${cur##*,}
  fi
  _webpress_words "$1"
}

# These add candidates: words, and paths of files (-f) or folders (-d).
_webpress_words() {
  local found
  while IFS= read -r found; do COMPREPLY+=("$before$found"); done < <(compgen -W "$1" -- "$cur")
}

_webpress_paths() {
  local found
  compopt -o filenames 2>/dev/null
  while IFS= read -r found; do COMPREPLY+=("$before$found"); done < <(compgen "$1" -- "$cur")
}

complete -F _webpress webpress
