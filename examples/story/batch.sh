#!/bin/sh
# A batch on a real project: many tasks, six of them bad, landed and taken back, in whole and in part, while another batch runs.
#
#   batch.sh [TASKS [PROJECT]]     TASKS: how many, 20 or more; by default 40
#                                  PROJECT: a folder with C sources and headers; by default one that is made up
#
# Works on a copy in a temporary folder. Each step is held to what git says; the first that is not as told ends the script.
# Needs git 2.30, tar, a C compiler as cc or in CC, and `takeback` in the PATH or in TAKEBACK.
set -eu

tasks=${1:-40}
project=${2:+$(cd "$2" && pwd)}
takeback=${TAKEBACK:-takeback}
place=$(mktemp -d)
trap 'touch "$place/go" "$place/killed"; "$takeback" cancel units sizes > /dev/null 2>&1 || true; rm -rf "$place"' EXIT
trap 'exit 130' HUP INT TERM

export HOME="$place/home" TAKEBACK_STATE_DIR="$place/state" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
mkdir -p "$HOME"

say() { printf '\n## %s\n' "$*"; }
step() { printf '$ %s\n' "$*"; "$@"; }
fail() { printf 'batch: %s\n' "$*" >&2; exit 1; }
same() { [ "$2" = "$3" ] || fail "$1: $2 is not $3"; }
lines() { wc -l | tr -d ' '; }

# Says no, as it has to: 1 for an answer that is no.
refuses() {
  printf '$ %s\n' "$*"
  "$@" && fail "it was to say no: $*" || same 'its exit code' $? 1
}

# How many tasks of a batch are in a state, and the state of one.
count() { "$takeback" --json show "$1" | tr ',{' '\n\n' | sed -n "s/^\"$2\":\([0-9]*\).*/\1/p" | head -n 1; }
state_of() { "$takeback" show "$1" | sed -n "1s/^$1 \([a-z]*\).*/\1/p"; }

# The n-th input, and all that a user has in the checkout: branch, commit, index, what git says of it, and each file.
input() { sed -n "$1p" "$place/inputs"; }
checkout() {
  { git symbolic-ref HEAD && git rev-parse HEAD && git ls-files -s && git status --porcelain
    git ls-files -co --exclude-standard -z | xargs -0 cksum; } | cksum
}

# ---------------------------------------------------------------------------------------------------------------------------------
say 'The project, and work of the user that is not committed'
[ "$tasks" -ge 20 ] || fail 'twenty tasks at the least, or the bad ones are too many'
mkdir "$place/project" && cd "$place/project"
if [ -n "$project" ]; then
  tar -C "$project" --exclude=./.git -cf - . | tar -xf -
else
  n=0
  while [ $((n += 1)) -le $((tasks + 10)) ]; do
    mkdir -p "part$((n % 7))"
    printf '#include "u%s.h"\nint f%s(void) { return %s; }\n' $n $n $n > "part$((n % 7))/u$n.c"
    printf 'int f%s(void);\n' $n > "part$((n % 7))/u$n.h"
  done
fi
mkdir -p tools
# The build: the names of all units, read by a compiler. Two units of one name break it, and so does a name that is none.
cat > tools/units.sh << 'END'
{ echo 'enum units {'; git grep -h '^/\* Unit: ' -- '*.c' | sed 's|^/\* Unit: \(.*\) \*/$|  unit_\1,|'; echo '  units };'; } |
  ${CC:-cc} -fsyntax-only -x c -
END
git init -q -b main
git config user.name 'A Researcher' && git config user.email researcher@example.org
git add -A -f && git commit -q -m 'The project'
git ls-files '*.c' > "$place/sources"
git ls-files '*.h' > "$place/headers"
sources=$(lines < "$place/sources")
[ "$sources" -ge "$tasks" ] && [ "$(lines < "$place/headers")" -ge 5 ] || fail "fewer than $tasks C sources, or than 5 headers"
awk -v all="$sources" -v some="$tasks" 'int(NR * some / all) > int((NR - 1) * some / all)' "$place/sources" > "$place/inputs"
echo "$(git ls-files | lines) files, $sources of them C sources"
mine=$(tail -n 1 "$place/headers")
echo '/* to think about */' >> "$mine"
echo 'Ask about units' > notes-of-mine && git add notes-of-mine
base=$(git rev-parse main)
at_first=$(checkout)

# ---------------------------------------------------------------------------------------------------------------------------------
# The worker gives a source the name of its unit. These six it gets wrong: three by themselves, one so that only the build tells,
# and two that claim the same name, of which either alone is fine.
exits=$((tasks / 4)) misses=$((tasks / 2)) strays=$((tasks * 3 / 4)) breaks=$((tasks / 3)) first=$((tasks / 5)) second=$((tasks * 2 / 3))
cat > "$place/unit.sh" << END
set -eu
echo "\$1" >> '$place/ran'
# From half-way on they last until the process that started them is killed.
until [ -e '$place/killed' ] || [ "\$(wc -l < '$place/ran')" -le $((tasks / 2)) ]; do sleep 0.05; done
name=\$(printf %s "\${1%.c}" | tr -c 'A-Za-z0-9' _)
[ -e '$place/mended' ] || case \$TAKEBACK_TASK in
units.$breaks) name=\${1%.c} ;;
units.$first | units.$second) name=common ;;
units.$strays) echo '\$1' >> tools/units.sh ;;
units.$misses) exec sh -c 'echo "/* Unit: late */" >> "\$0"' "\$1" ;;
esac
{ printf '/* Unit: %s */\n' "\$name" && cat "\$1"; } > "\$1.new"
cat "\$1.new" > "\$1" && rm "\$1.new"
[ "\$TAKEBACK_TASK" != units.$exits ]
END

say "A batch of $tasks, of which three run first"
hand_off() {
  step "$takeback" batch --wait --name units --sample 3 --jobs 4 --inputs-from "$place/inputs" --only '{}' \
    --check 'head -n 1 {} | grep -q "^/. Unit: "' --final-check 'sh tools/units.sh' -- sh "$place/unit.sh" '{}'
}
hand_off
same 'tasks that are ready' "$(count units ready)" 3
same 'tasks that ran' "$(lines < "$place/ran")" 3

say 'The rest, and another batch beside it; the process that keeps them is killed half-way'
step "$takeback" continue units
head -n 4 "$place/headers" > "$place/others"
step "$takeback" batch --name sizes --jobs 1 --inputs-from "$place/others" --only '{}.size' \
  --shell "until [ -e '$place/go' ]; do sleep 0.1; done; wc -c < {} > {}.size"
until [ "$(lines < "$place/ran")" -gt $((tasks / 2)) ]; do sleep 0.05; done
step kill -9 "$(sed -n 's/^process //p' .git/takeback/locks/keeper)"
step "$takeback" status units
touch "$place/killed"
until [ "$(count units running)" = 0 ]; do sleep 0.05; done
step "$takeback" status units
same 'where the batch is, with nobody to start more' "$(count units queued)" $((tasks - $(lines < "$place/ran")))
refuses "$takeback" continue units --wait
same 'tasks of which each ran once' "$(sort "$place/ran" | uniq -u | lines)" "$tasks"
same 'tasks that ran' "$(lines < "$place/ran")" "$tasks"
same 'tasks that failed' "$(count units failed)" 3
same 'tasks that are ready' "$(count units ready)" $((tasks - 3))
git for-each-ref --format='%(objectname)' refs/takeback/results > "$place/results"
same 'results' "$(lines < "$place/results")" "$tasks"
same 'the checkout' "$(checkout)" "$at_first"

# ---------------------------------------------------------------------------------------------------------------------------------
say 'They land together, or not: the build says no, and who it is'
refuses "$takeback" land units --ready --culprits stop
same 'the checkout' "$(checkout)" "$at_first"
say 'Then without whoever breaks it'
step "$takeback" land units --ready --culprits evict
landed=$(git rev-parse main)
for n in $exits $misses $strays; do same "the state of units.$n" "$(state_of units.$n)" failed; done
for n in $breaks $second; do same "the state of units.$n" "$(state_of units.$n)" ready; done
same 'files that are changed' "$(git diff --name-only "$base" main | lines)" $((tasks - 5))
sh tools/units.sh || fail 'what landed does not build'

say 'All of it is taken back, exactly, while the other batch runs'
step "$takeback" undo units
same 'the checkout' "$(checkout)" "$at_first"
same 'where the other batch is' "$(count sizes running)" 1
step "$takeback" land units --ready --culprits evict
same 'what landed again' "$(git rev-parse 'main^{tree}')" "$(git rev-parse "$landed^{tree}")"

say 'Two of them are taken back, the rest stays, and they land again'
step "$takeback" revert units.2 units.3
same 'the two' "$(git diff --name-only "$landed" main | sort | tr '\n' ' ')" "$(for n in 2 3; do input $n; done | sort | tr '\n' ' ')"
git diff --quiet "$base" main -- "$(input 2)" "$(input 3)" || fail 'the two are not as they were'
step "$takeback" land units.2 units.3
same 'what landed again' "$(git rev-parse 'main^{tree}')" "$(git rev-parse "$landed^{tree}")"

say 'What failed is thrown away; with the worker mended, the two culprits try again and land'
step "$takeback" discard units --failed
touch "$place/mended"
step "$takeback" retry units.$breaks units.$second
step "$takeback" wait units
step "$takeback" land units
same 'files that are changed' "$(git diff --name-only "$base" main | lines)" $((tasks - 3))
sh tools/units.sh || fail 'what landed does not build'

say 'The other batch ends, and lands'
touch "$place/go"
step "$takeback" wait sizes
step "$takeback" land sizes
step "$takeback" list
step "$takeback" ops
same 'tasks that landed' "$(count units landed) $(count sizes landed)" "$((tasks - 3)) 4"

say 'Nothing is lost'
git gc -q --prune=now
git fsck --strict --no-dangling
git rev-list --all | sort > "$place/reachable"
sort "$place/results" | comm -23 - "$place/reachable" > "$place/lost"
same 'results that nothing leads to' "$(lines < "$place/lost")" 0
same "work of the user" "$(git status --porcelain | sort | tr "\n" " ")" " M $mine A  notes-of-mine "
same 'slots that are left taken' "$(git worktree list | grep -c '\[takeback/' || true)" 0
say "$tasks tasks, each run once; nothing that breaks the build landed, and every step back was exact"
