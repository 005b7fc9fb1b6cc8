import { advice, perShell } from '../../errors/hint.ts';

const start = perShell({
  posix: 'podid emulator --write-env demo.env',
  powershell: 'podid emulator --write-env demo.ps1',
  cmd: 'podid emulator --write-env demo.cmd',
});
const take = perShell({ posix: '. ./demo.env', powershell: '. ./demo.ps1', cmd: 'call demo.cmd' });

/** What makes a loopback endpoint answer; as a shell takes it. */
export const startEmulatorCommand = advice`${start}  # in another terminal; once it listens, here: ${take}`;

/** What makes a loopback endpoint accept the sign-in. */
export const loopbackSignInCommand = advice`${take}  # sets the PODID_ARM_TOKEN of this endpoint; what writes that file: ${start}`;
