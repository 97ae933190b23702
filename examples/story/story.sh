#!/bin/sh
# A week of work on a real project: ten tasks, landed in three shapes and by a pull request, two taken back, one landed again.
#
#   story.sh [PROJECT]        PROJECT: a folder with sources; by default the one that this script lies in
#
# Works on a copy in a temporary folder, with a bare repository there as the forge. Each step is held to what git says; the first
# that is not as told ends the script. Needs git 2.40, tar, and `takeback` in the PATH or in TAKEBACK.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "${1:-$here/../..}" && pwd)
takeback=${TAKEBACK:-takeback}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trees=

export HOME="$place/home" TAKEBACK_STATE_DIR="$place/state" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
mkdir -p "$HOME"

say() { printf '\n## %s\n' "$*"; }
step() { printf '$ %s\n' "$*"; "$@"; }
fail() { printf 'story: %s\n' "$*" >&2; exit 1; }
same() { [ "$2" = "$3" ] || fail "$1: $2 is not $3"; }

# The morning of a day of the story.
day() {
  TAKEBACK_NOW=2026-03-0$1T09:00:00Z
  GIT_AUTHOR_DATE=$TAKEBACK_NOW GIT_COMMITTER_DATE=$TAKEBACK_NOW
  export TAKEBACK_NOW GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}

state_of() { "$takeback" show "$1" | sed -n "1s/^$1 \([a-z]*\).*/\1/p"; }

# The tree at the tip of a branch is one that checks have seen; remembered for the end.
landed_on() {
  tree=$(git rev-parse "$1^{tree}")
  grep -qs "$tree" .git/takeback/checks/*.json || fail "no check has seen the tree that landed on $1"
  trees="$trees $tree"
}

# ---------------------------------------------------------------------------------------------------------------------------------
day 2
say 'Monday: the project, a forge, and a key to sign with'
mkdir "$place/project" && cd "$place/project"
tar -C "$project" --exclude=./target --exclude=./.git -cf - . | tar -xf -
git init -q -b main
git config user.name 'A Researcher' && git config user.email researcher@example.org
ssh-keygen -q -t ed25519 -N '' -C researcher@example.org -f "$HOME/key"
printf 'researcher@example.org %s\n' "$(cat "$HOME/key.pub")" > "$HOME/signers"
git config gpg.format ssh && git config user.signingKey "$HOME/key.pub" && git config commit.gpgSign true
git config gpg.ssh.allowedSignersFile "$HOME/signers"
git add -A && git commit -q -m 'The project'
git init -q --bare -b main "$place/forge.git"
git remote add origin "$place/forge.git" && git push -q -u origin main
echo "$(git ls-files | wc -l | tr -d ' ') files"

say 'Three tasks at once: a licence line on every source, on every test, and a table of contents'
line='// SPDX-License-Identifier: MIT OR Apache-2.0'
for part in src tests; do
  step "$takeback" run --name "spdx-$part" --only "$part/**" \
    --check "test -z \"\$(git grep -L SPDX -- '$part/*.rs')\"" \
    --shell "git ls-files -z '$part/*.rs' | xargs -0 sed -i.bak '1i\\
$line
' && find $part -name '*.bak' -exec rm {} +"
done
step "$takeback" run --name contents --check 'test -s docs/CONTENTS.md' \
  --shell "mkdir -p docs && grep -h '^## ' *.md | sed 's/^## /- /' > docs/CONTENTS.md"
step "$takeback" wait spdx-src spdx-tests contents
before=$(git rev-parse main)
step "$takeback" land spdx-src spdx-tests contents --shape merge
same 'a merge of three tasks: parents' "$(git rev-list --parents -1 main | wc -w | tr -d ' ')" 3
same 'its first parent' "$(git rev-parse main^1)" "$before"
landed_on main
git push -q origin main

# ---------------------------------------------------------------------------------------------------------------------------------
day 3
say 'Tuesday: a colleague has pushed; two tasks land as a line of commits'
git clone -q "$place/forge.git" "$place/colleague"
(
  cd "$place/colleague"
  git config user.name 'A Colleague' && git config user.email colleague@example.org
  echo 'Notes of the meeting' > NOTES.md && git add NOTES.md && git commit -q -m 'Notes' && git push -q origin main
)
git pull -q --ff-only
step "$takeback" run --wait --name owners --check 'grep -q researcher CODEOWNERS' --shell "echo '* @researcher' > CODEOWNERS"
step "$takeback" run --wait --name style --check 'test -f .editorconfig' \
  --shell "printf 'root = true\n[*]\nend_of_line = lf\n' > .editorconfig"
before=$(git rev-parse main)
step "$takeback" land owners style --shape linear
same 'a line of two commits' "$(git rev-list --count "$before..main")" 2
same 'no merge in it' "$(git rev-list --merges --count "$before..main")" 0
landed_on main

# ---------------------------------------------------------------------------------------------------------------------------------
day 4
say 'Wednesday: two tasks in the same file land as one commit; one fails its check and is thrown away'
step "$takeback" run --wait --name keywords --check "grep -q '\"reproducible\"' Cargo.toml" \
  --shell "sed -i.bak 's/^keywords = \[/keywords = [\"reproducible\", /' Cargo.toml && rm Cargo.toml.bak"
step "$takeback" run --wait --name homepage --check 'grep -q homepage Cargo.toml' \
  --shell "sed -i.bak '/^edition/i\\
homepage = \"https://example.org\"
' Cargo.toml && rm Cargo.toml.bak"
step "$takeback" run --wait --name oops --check 'test -s README.md' --shell ': > README.md' && fail 'an empty README passed its check'
same 'the state of a task whose check said no' "$(state_of oops)" failed
step "$takeback" discard oops
before=$(git rev-parse main)
step "$takeback" land keywords homepage --shape squash
same 'one commit for two tasks' "$(git rev-list --count "$before..main")" 1
landed_on main
git push -q origin main

# ---------------------------------------------------------------------------------------------------------------------------------
day 5
say 'Thursday: two tasks go to a branch for a pull request, and the forge squashes them'
step "$takeback" run --wait --name authors --check 'test -s AUTHORS' --shell "git log --format='%an' | sort -u > AUTHORS"
step "$takeback" run --wait --name sizes --check 'test -s docs/SIZES.md' \
  --shell "git ls-files src | xargs wc -l | tail -n 1 > docs/SIZES.md"
step "$takeback" land authors sizes --to for-review --push
landed_on for-review
(
  cd "$place/colleague"
  git pull -q --ff-only && git fetch -q
  git merge -q --squash origin/for-review > /dev/null && git commit -q -m 'Authors and sizes (#12)'
  git push -q origin main && git push -q origin --delete for-review
)
git fetch -q --prune && git pull -q --ff-only && git branch -q -D for-review
same 'what landed for review is on main' "$(git diff --name-only HEAD~1 | tr '\n' ' ')" 'AUTHORS docs/SIZES.md '

# ---------------------------------------------------------------------------------------------------------------------------------
day 6
say 'Friday: two of the ten are taken back, days after they landed; the rest stays'
step "$takeback" undo spdx-tests && fail 'an undo that could not be exact was not refused'
step "$takeback" revert spdx-tests
same 'the tests are as on Monday morning' "$(git rev-parse main:tests)" "$(git rev-parse "$(git rev-list --max-parents=0 main)":tests)"
git grep -q SPDX main -- src || fail 'the sources lost their line as well'
step "$takeback" revert sizes
[ ! -e docs/SIZES.md ] && [ -s AUTHORS ] || fail 'more or less than one task of the pull request went'

say 'One of them was right after all: it lands again, with its content'
step "$takeback" land spdx-tests
same 'every test has its line again' "$(git grep -L SPDX main -- 'tests/*.rs' | wc -l | tr -d ' ')" 0
landed_on main
git push -q origin main

say 'The week, by takeback and by git'
step "$takeback" list
step "$takeback" ops
for task in spdx-src spdx-tests contents owners style keywords homepage authors; do
  same "the state of $task" "$(state_of $task)" landed
done
same 'the state of sizes' "$(state_of sizes)" reverted
same 'the state of oops' "$(state_of oops)" discarded

git fsck --strict --no-dangling
same 'the checkout' "$(git status --porcelain)" ''
same 'slots that are left taken' "$(git worktree list | grep -c '\[takeback/' || true)" 0
unsigned=$(git log --format='%G? %an %s' | grep -v '^G' | grep -v -e ' A Colleague ' || true)
same 'commits of ours without a good signature' "$unsigned" ''
# Each commit that the operations moved a branch to, wherever that branch is now.
for tree in $trees; do
  git cat-file -e "$tree" || fail "the tree $tree that landed is gone"
  grep -qs "$tree" .git/takeback/checks/*.json || fail "the tree $tree that landed is not one that was checked"
done
say "Ten tasks, $(echo "$trees" | wc -w | tr -d ' ') landings: every tree that landed is one that was checked"
