// ioctl(nsfd, NS_GET_INIT_PID): the ioctl that was proposed for this very purpose
// in June 2020.
//
// Cannot work on mainline kernels, which never took it; only on kernels that carry
// the patch.

import { nsGetInitPid } from '../../kernel/namespace-ioctl.ts';
import { askForOwnInit, type InitStrategy } from './init-strategy.ts';

export const nsGetInitPidStrategy: InitStrategy = {
  name: 'ns-get-init-pid',
  probe() {
    const works = askForOwnInit(nsGetInitPid);
    const reason = works
      ? 'the kernel has the ioctl NS_GET_INIT_PID'
      : 'the kernel does not have the ioctl NS_GET_INIT_PID (mainline kernels never had it)';
    return { works, reason };
  },
  readInitPid: nsGetInitPid,
};
