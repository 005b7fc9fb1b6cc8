import type { Command } from '../../errors/hint.ts';

/** podid's image, as `podid.image` of the chart's values has it; what is empty is not set. */
export interface AgentImage {
  /** With its registry. podid holds no name of its own, so that there is no default but a release's. */
  readonly repository: string;
  /** Empty: podid's version. */
  readonly tag: string;
  /** `sha256:…`; goes before the tag. */
  readonly digest: string;
}

/** The chart says it too (`templates/_refusals.tpl`), to whoever would install an agent without one. */
export const noImageText =
  "podid.image.repository is not set: it names the registry and repository from which nodes pull podid's image. Name a release's, or build the image and push it to a registry of yours, and give that: --set podid.image.repository=REGISTRY/podid (docs/install.md#the-image).";

/** Stands in manifests for an image that nobody has named yet. No registry can be there: RFC 2606 keeps `.invalid` free. */
export const placeholderRepository = 'registry.invalid/podid';

/** `registry.example.net/podid:0.1.0`, or by digest. @param version of the release, for an image without tag */
export function imageText({ repository, tag, digest }: AgentImage, version: string): string {
  return digest === '' ? `${repository}:${tag === '' ? version : tag}` : `${repository}@${digest}`;
}

/** A command with the values that name the image of a container, by tag or digest; as it is where none is known. */
export function withImage(base: Command, image: string): Command {
  const [, repository, tag, digest] = /^(.+?)(?::([^/:@]+))?(?:@(.+))?$/.exec(image) ?? [];
  const values = { repository, tag: digest === undefined ? tag : undefined, digest };
  return Object.entries(values).reduce(
    (so, [key, value]) => (value === undefined ? so : so.with('--set', `podid.image.${key}=${value}`)),
    base,
  );
}
