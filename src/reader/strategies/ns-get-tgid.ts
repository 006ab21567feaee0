// ioctl(nsfd, NS_GET_TGID_FROM_PIDNS, 1): which process is number 1 there? The
// mainline successor of NS_GET_INIT_PID.
//
// Cannot work before Linux 6.11. Needs no capability beyond those that open the
// namespace link of another user's process.

import { nsGetTgidFromPidns } from '../../kernel/namespace-ioctl.ts';
import { askForOwnInit, type InitStrategy } from './init-strategy.ts';

const readInitPid = (pidnsFd: number) => nsGetTgidFromPidns(pidnsFd, 1);

export const nsGetTgidStrategy: InitStrategy = {
  name: 'ns-get-tgid',
  probe() {
    const works = askForOwnInit(readInitPid);
    const reason = works
      ? 'the kernel has the ioctl NS_GET_TGID_FROM_PIDNS'
      : 'the kernel does not have the ioctl NS_GET_TGID_FROM_PIDNS (Linux 6.11 and later do)';
    return { works, reason };
  },
  readInitPid,
};
