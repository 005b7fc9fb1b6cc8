import { advice } from '../../errors/hint.ts';

/** What makes a loopback endpoint answer; as a shell takes it. */
export const startEmulatorCommand = advice`podid emulator --write-env demo.env  # in another terminal; once it listens, here: . ./demo.env`;

/** What makes a loopback endpoint accept the sign-in. */
export const loopbackSignInCommand = advice`. ./demo.env  # sets the PODID_ARM_TOKEN of this endpoint; podid emulator --write-env demo.env writes that file`;
