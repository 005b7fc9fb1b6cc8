# Written by podid's release from its packaging/homebrew/podid.rb: change it there.
class Podid < Formula
  desc "Pod-managed identity for AKS, without az"
  homepage "{{PAGE}}"
  version "{{VERSION}}"
  license "{{LICENSE}}"

  on_macos do
    on_arm do
      url "{{URL darwin_arm64}}"
      sha256 "{{SHA256 darwin_arm64}}"
    end
    on_intel do
      url "{{URL darwin_amd64}}"
      sha256 "{{SHA256 darwin_amd64}}"
    end
  end

  on_linux do
    on_arm do
      url "{{URL linux_arm64}}"
      sha256 "{{SHA256 linux_arm64}}"
    end
    on_intel do
      url "{{URL linux_amd64}}"
      sha256 "{{SHA256 linux_amd64}}"
    end
  end

  def install
    bin.install "podid"
    # The executable is each of its programs by the name that it is started by.
    %w[podid-nmi podid-mic kubectl-podid kubectl_complete-podid].each do |name|
      bin.install_symlink bin/"podid" => name
    end
    prefix.install "THIRD_PARTY_NOTICES.txt"
    generate_completions_from_executable(bin/"podid", "completion", shells: [:bash, :zsh, :fish])
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/podid --version")
    assert_match "podid-nmi", shell_output("#{bin}/podid-nmi --help")
  end
end
