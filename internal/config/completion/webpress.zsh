#compdef webpress
# Completion of webpress for zsh. For this shell alone, after compinit:
#   source <(webpress completion zsh)
# For all, in a folder of $fpath:
#   webpress completion zsh >"${fpath[1]}/_webpress"

_webpress() {
  local context state state_descr line
  typeset -A opt_args

  _arguments -s -S : \
    '*--glob=[only files that match; !PATTERN excludes]:PATTERN:_files' \
    '*--ignore=[leave out files that match]:PATTERN:_files' \
    '--sources=[list of sources by address]:FILE:_files' \
    '--if-no-images=[what to do if patterns are set and match no image]:WHAT:(warn error ignore)' \
    '*--format=[webp, avif, jpeg or png]:FORMAT:_values -s , FORMAT webp avif jpeg png' \
    '*--widths=[one output for each of these widths]:PIXELS:' \
    '*--variants=[a named output, such as thumb\:max-width=300]:VARIANT:' \
    '-q+[lossy quality, 0 to 100 (default\: 80), or auto]:N:' \
    '--quality=[lossy quality, 0 to 100 (default\: 80), or auto]:N:' \
    '--look=[score that quality=auto aims at]:LOOK:' \
    '--min-quality=[lowest quality that quality=auto and max-bytes may take]:N:' \
    '--max-quality=[highest quality that quality=auto may take]:N:' \
    '--max-bytes=[lower the quality of a result until it is no larger than]:SIZE:' \
    '--shrink[where the lowest quality does not fit into max-bytes]' \
    '--no-shrink[switch shrink off]' \
    '--score[report how much each result looks like its source]' \
    '--no-score[switch score off]' \
    '--quality-cap[encode a JPEG at no higher quality than its own]' \
    '--no-quality-cap[switch quality-cap off]' \
    '--lossless=[auto, always or never]:WHEN:(auto always never)' \
    '--near-lossless=[whether lossless=auto may change pixels by a few levels]:WHEN:(auto never)' \
    '--effort=[compression effort]:N:' \
    '--max-width=[shrink wider images]:PIXELS:' \
    '--max-height=[shrink taller images to this height and keep the aspect]:PIXELS:' \
    '--width=[width of the result]:PIXELS:' \
    '--height=[height of the result]:PIXELS:' \
    '--crop=[part of the image to keep when it is cut to width and height]:WHERE:(none center top bottom left right top-left top-right bottom-left bottom-right attention entropy)' \
    '--enlarge[enlarge images that are smaller than width and height]' \
    '--no-enlarge[switch enlarge off]' \
    '--background=[color behind transparent pixels in formats without]:COLOR:' \
    '--metadata=[keep icc (default), copyright, all or none]:WHAT:(icc copyright none all)' \
    '-o+[a file, a folder/, - for a pipe, or a template]:TEMPLATE:' \
    '--output=[a file, a folder/, - for a pipe, or a template]:TEMPLATE:' \
    '--overwrite[replace files that webpress did not create]' \
    '--no-overwrite[switch overwrite off]' \
    '--originals=[what to do with a source once its result is written]:WHAT:(keep remove remove-always)' \
    '--min-savings=[keep only results that save this much]:PERCENT:' \
    '--manifest=[write a JSON file]:FILE:_files' \
    '-n[report, but write nothing]' \
    '--dry-run[report, but write nothing]' \
    '--no-dry-run[switch dry-run off]' \
    '--references=[report, update, picture or off]:WHAT:(off report update picture)' \
    '--dimensions[add width and height to an <img> that has neither]' \
    '--no-dimensions[switch dimensions off]' \
    '*--reference-roots=[directories in which addresses that start with / begin]:DIR:_files -/' \
    '*--reference-hosts=[hosts of absolute addresses that are this site]:HOST:' \
    '--references-social[also change og\:image]' \
    '--no-references-social[switch references-social off]' \
    '--base-url=[address where results are published, such as that of a CDN]:URL:' \
    '--max-pixels=[reject images with more pixels, all frames counted]:PIXELS:' \
    '--max-file-size=[reject larger files]:SIZE:' \
    '--memory-limit=[memory for the images that are converted in parallel]:SIZE:' \
    '--timeout=[seconds that one image may take]:SECONDS:' \
    '--sandbox=[decode images in confined processes]:WHEN:(auto require off)' \
    '-j+[images converted in parallel (0 = one per CPU)]:N:' \
    '--jobs=[images converted in parallel (0 = one per CPU)]:N:' \
    '--engine=[address of a conversion API]:URL:' \
    '--engine-key=[key for the API that engine names]:KEY:' \
    '--engine-insecure[let engine begin with http\:// where it is another machine]' \
    '--no-engine-insecure[switch engine-insecure off]' \
    '--lock[record results in webpress.lock]' \
    '--no-lock[switch lock off]' \
    '--prune[remove results whose source was deleted]' \
    '--no-prune[switch prune off]' \
    '--changed-only=[only files that have changed]:WHEN:(auto true false)' \
    '--base=[branch, tag or commit to compare with]:COMMIT:' \
    '--cache-dir=[directory that keeps results from one run to the next]:DIR:_files -/' \
    '--cache-size=[maximum size of the cache]:SIZE:' \
    '--max-age=[how long a source that came from an address counts as]:TIME:' \
    '--shard=[convert only one part of the images, such as 2/4]:I/N:' \
    '--matrix-job=[the job'\''s place in its matrix]:I/N:' \
    '*--checks=[outputs, budgets, references]:WHAT:_values -s , WHAT outputs budgets references' \
    '--verify=-[convert again and compare]::WHEN:(auto true false)' \
    '--sarif=[write findings as SARIF]:FILE:_files' \
    '*--store=[commit, artifact, a bucket or none]:WHERE:_values -s , WHERE commit artifact none' \
    '--cache-control=[cache-Control of the objects in a bucket]:TEXT:' \
    '--aws-role=[aRN of the AWS role to assume with the CI'\''s identity token]:ARN:' \
    '--gcp-workload-identity-provider=[workload identity provider of Google Cloud that takes the]:NAME:' \
    '--gcp-service-account=[service account of Google Cloud to act as]:NAME:' \
    '--azure-client-id=[client ID of the Azure application that trusts the CI'\''s]:ID:' \
    '--azure-tenant-id=[tenant ID of that application]:ID:' \
    '--commit-message=[commit message]:TEXT:' \
    '--commit-branch=[branch to commit to]:BRANCH:' \
    '--commit-method=[auto, graphql or push]:HOW:(auto graphql push)' \
    '--commit-author=[author of the commit]:AUTHOR:' \
    '--open-pull-request[open or update a pull or merge request]' \
    '--no-open-pull-request[switch open-pull-request off]' \
    '--pull-request-title=[title of the pull or merge request]:TEXT:' \
    '*--pull-request-labels=[labels of the pull or merge request]:LABEL:' \
    '--artifact-name=[name of the artifact]:NAME:' \
    '--artifact-retention-days=[days until the artifact is deleted]:DAYS:' \
    '--artifact-dir=[directory to copy results to so that CI can collect them]:DIR:_files -/' \
    '--token=[token to commit and comment with]:TOKEN:' \
    '--gitlab-token=[gitLab token with the scope api]:TOKEN:' \
    '--retries=[how often to retry a failed request]:N:' \
    '--concurrency-per-host=[how many sources to download from one host at a time]:N:' \
    '*--allow-private-hosts=[hosts or networks]:HOST:' \
    '--header=[headers for the downloads of sources]:TEXT:' \
    '--fail-on=[when to exit with 1]:WHAT:(error change none)' \
    '--summary[write the job summary]' \
    '--no-summary[switch summary off]' \
    '--report=[write a report\: .html to look at, else JSON]:FILE:_files' \
    '--dotenv=[write the outputs as WEBPRESS_NAME=value lines to this file]:FILE:_files' \
    '--code-quality=[write a GitLab code quality report]:FILE:_files' \
    '--comment[keep one comment up to date]' \
    '--no-comment[switch comment off]' \
    '--webhook-url=[post the JSON report to this URL]:URL:' \
    '--webhook-secret=[secret that signs the posted report (Standard Webhooks]:SECRET:' \
    '--json[write the JSON report to standard output]' \
    '--no-json[switch json off]' \
    '--color=[when to color the output]:WHEN:(auto always never)' \
    '--quiet[print only errors]' \
    '--no-quiet[switch quiet off]' \
    '-v[log every file]' \
    '--verbose[log every file]' \
    '--no-verbose[switch verbose off]' \
    '--command=[the command if none is typed, as in an action]:VERB:(convert check merge)' \
    '*--uploads=[directories of the artifacts]:DIR:_files -/' \
    '-C+[directory to work in. All other paths are relative to it]:DIR:_files -/' \
    '--working-directory=[directory to work in. All other paths are relative to it]:DIR:_files -/' \
    '--config=[file to read settings from. --no-config reads none]:FILE:_files' \
    '-h[show the help\: -h shows one screen, --help all of it]' \
    '--help[show the help\: -h shows one screen, --help all of it]' \
    '-V[show the version]' \
    '--version[show the version]' \
    '--no-config[do not read webpress.yml]' \
    '--unused[with references\: list the images that no page names]' \
    '--missing[with references]' \
    '--listen=[with serve]:ADDRESS:' \
    '--data=[with serve and key]:DIR:_files -/' \
    '--public-url=[with serve]:URL:' \
    '--cors-origins=[with serve]:URL,...:' \
    '--queue=[with serve\: how many jobs may wait; 256 by default]:N:' \
    '--keep=[with serve]:TIME:' \
    '--allow-downloads[with serve]' \
    '--rate=[with key add]:N:' \
    '--concurrency=[with key add]:N:' \
    '--quota=[with key add]:N:' \
    '--options=[with key add]:NAME,...:' \
    '1: :->first' \
    '*: :->rest' && return

  case $state in
    first)
      local -a commands=(
        'convert:convert images to WebP (the default)'
        'check:report outdated results and images over a budget'
        'init:set webpress up in this repository'
        'accept:keep results that were edited by hand, or made by another program, as they are'
        'apply:verify the artifact of a run that could not commit, such as one for a pull request from a fork, and commit it'
        'merge:join the artifacts of a run'\''s shards (see --shard) into one result'
        'references:list where pages name images'
        'view:look at before and after in the browser'
        'repair-lock:repair webpress.lock\: after a merge conflict, or if it is damaged'
        'serve:convert images for others by an HTTP API, with a page to try it'
        'key:add, list or remove the keys of webpress serve'
        'help:show the help of webpress or of a command'
        'version:show the versions of webpress and of the libraries that it uses'
        'completion:print the completion script for a shell'
        'man:print the manual page'
      )
      _describe -t commands command commands
      _files
      ;;
    rest)
      case $line[1] in
        convert) _files ;;
        check) _files ;;
        init) _message 'no more arguments' ;;
        accept) _files ;;
        apply) _files -/ ;;
        merge) _files -/ ;;
        references) _files ;;
        view) _files ;;
        repair-lock) _message 'no more arguments' ;;
        serve) _message 'no more arguments' ;;
        key) _message 'no more arguments' ;;
        help) compadd -- convert check init accept apply merge references view repair-lock serve key help version completion man ;;
        version) _message 'no more arguments' ;;
        completion) compadd -- bash zsh fish ;;
        man) _message 'no more arguments' ;;
        *) _files ;;
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _webpress ]]; then
  _webpress "$@"
else
  compdef _webpress webpress
fi
