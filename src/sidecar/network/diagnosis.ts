// What works of the network and what does not, in plain words, from facts that others gathered. Says only what is known: nothing of clocks,
// which nobody here can compare. English, as all that the sidecar says.

import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetFinding, PartyInfo, SidecarStatus } from '../../protocol/model.ts';
import { pathOf } from './addresses.ts';
import type { AskedNode } from './bootstrapCheck.ts';
import type { PunchFailure } from './swarmDht.ts';

export interface NetFacts {
  asked: AskedNode[];
  /** No bootstrap nodes are set: the public ones are asked. */
  isPublic: boolean;
  nat: SidecarStatus['network']['nat'];
  hasIPv4: boolean;
  /** Addresses that can be reached from everywhere. */
  hasIPv6: boolean;
  isLoopback: boolean;
  lan: LanFacts | undefined;
  direct: { isOn: boolean; address?: string; failure?: string };
  relay: {
    isAllowed: boolean;
    isConfigured: boolean;
    /** By connected peers. */
    offered: number;
    /** For others: wished, done, and for how many pairs now. */
    isOffering: boolean;
    isServing: boolean;
    served: number;
  };
  parties: Pick<PartyInfo, 'state'>[];
  /** Peers that answered, and to whom no way was found. */
  unreachable: { name: string; failure: PunchFailure }[];
}

/** Of the local network: see lan/lan.ts. */
export interface LanFacts {
  state: 'off' | 'idle' | 'waiting' | 'on';
  /** `host:port` where peers reach us. */
  addresses: string[];
  interfaces: { name: string; failure?: string }[];
  /** The chosen interface, while it is not here. */
  missing?: string;
  /** Peers seen in the last minutes. */
  found: number;
  failures: string[];
}

/** Findings in the order in which they matter. */
export function findingsOf(facts: NetFacts): NetFinding[] {
  return [
    ...reaching(facts),
    natFinding(facts),
    ...facts.unreachable.map((peer) => unreachableFinding(peer, facts)),
    relayFinding(facts),
    ...offerFinding(facts),
    directFinding(facts),
    ...lanFinding(facts),
    ...ipv6Finding(facts),
    ...partiesFinding(facts),
  ];
}

/** Own addresses: IPv4 at all, and IPv6 that is not local. */
export function ownFamilies(interfaces = networkInterfaces()): { hasIPv4: boolean; hasIPv6: boolean } {
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
  return {
    hasIPv4: own.some((address) => !isIPv6(address)),
    hasIPv6: own.some((address) => isIPv6(address) && pathOf(address) === 'direct'),
  };
}

function reaching({ asked, isPublic, hasIPv4, isLoopback }: NetFacts): NetFinding[] {
  const answering = asked.filter(({ state }) => state === 'answers').length;
  const nodes = isPublic ? 'public bootstrap nodes' : 'bootstrap nodes of the settings';
  const findings: NetFinding[] = [];
  if (answering > 0) {
    const text = `${answering} of ${asked.length} ${nodes} answer.`;
    findings.push({ area: 'bootstrap', state: answering === asked.length ? 'good' : 'limited', text });
    findings.push({ area: 'udp', state: 'good', text: 'UDP packets go out and come back.' });
    return findings;
  }
  const unresolved = asked.filter(({ state }) => state === 'unresolved').map(({ node }) => hostName(node));
  const text =
    unresolved.length === asked.length
      ? `No ${nodes} could be asked: their names lead nowhere (${unresolved.slice(0, 3).join(', ')}).`
      : `None of the ${asked.length} ${nodes} answers.`;
  findings.push({
    area: 'bootstrap',
    state: 'bad',
    text: `${text} Peers beyond the local network are not found now; it is tried again all the time.`,
    advice: isPublic
      ? 'Check that this machine is online. In a network without internet, run "potluck bootstrap" on one machine and put what it prints into the setting bootstrap.'
      : 'Check that "potluck bootstrap" runs there, and that its address and ports are right in the setting bootstrap.',
  });
  if (!hasIPv4 && !isLoopback) {
    findings.push({
      area: 'udp',
      state: 'bad',
      text: 'This machine has no IPv4 address, which the DHT needs.',
      advice: 'Connect it to a network. Peers in the same network are found by IPv6 as well.',
    });
  } else {
    findings.push({
      area: 'udp',
      state: 'bad',
      text: 'No UDP packet came back from any of them: a firewall may block UDP, or the way there is down.',
      advice: 'If other programs are online here, ask who runs the network to let UDP out (any port), or use another network.',
    });
  }
  return findings;
}

function natFinding({ nat, isLoopback }: NetFacts): NetFinding {
  if (isLoopback)
    return { area: 'nat', state: 'good', text: 'Everything runs on this machine (bootstrap nodes on 127.*), for tests.' };
  switch (nat) {
    case 'open':
      return { area: 'nat', state: 'good', text: 'You can be reached from everywhere: everybody connects to you directly.' };
    case 'consistent':
      return {
        area: 'nat',
        state: 'good',
        text: 'Your router keeps one port for all (a consistent NAT): holes are punched, and nearly everybody is reached directly.',
      };
    case 'random':
      return {
        area: 'nat',
        state: 'limited',
        text:
          'Your network chooses another port for each peer (a random NAT, as in mobile networks and some companies): peers with an open or ' +
          'consistent NAT are reached directly, the latter after up to a minute; peers with a random one only through a relay.',
        advice: 'If there is a router of yours, forward a UDP port or switch its "full cone" or UPnP on. Else allow relays.',
      };
    case 'unknown':
      return {
        area: 'nat',
        state: 'limited',
        text: 'What kind of NAT you are behind is not known: fewer than three DHT nodes told how they see you.',
        advice: 'Look again in a minute. Of own bootstrap nodes, at least four are needed; "potluck bootstrap" runs four.',
      };
  }
}

function unreachableFinding({ name, failure }: NetFacts['unreachable'][number], { relay }: NetFacts): NetFinding {
  const why =
    failure === 'both-random'
      ? 'both your network and theirs choose ports at random, so no hole can be punched'
      : 'it answers, and no hole could be punched through the routers';
  return { area: 'nat', state: 'bad', text: `${name} is not reached: ${why}.`, advice: relayAdvice(relay) };
}

function relayAdvice({ isAllowed, isConfigured, offered }: NetFacts['relay']): string {
  if (!isAllowed) return 'Allow relays (setting useRelay), on both sides.';
  if (!isConfigured && offered === 0)
    return 'No relay is here: name one (setting relay), or ask a member who can be reached from everywhere to offer one (setting offerRelay).';
  return 'A relay is here: the other side has to allow relays, too (setting useRelay).';
}

function relayFinding({ relay, nat }: NetFacts): NetFinding {
  const { isAllowed, isConfigured, offered } = relay;
  if (!isAllowed) {
    return {
      area: 'relay',
      state: 'off',
      text: 'Relays are not allowed (setting useRelay): peers that no direct way leads to are not reached.',
      ...(nat === 'random' && {
        advice: 'Allow them: a relay sees who talks to whom by address and how much, and encrypted packets only.',
      }),
    };
  }
  if (isConfigured)
    return {
      area: 'relay',
      state: 'good',
      text: 'Relays are allowed; the one of the settings is used when no direct way is found.',
    };
  if (offered > 0)
    return { area: 'relay', state: 'good', text: `Relays are allowed, and ${counted(offered, 'connected peer')} can relay.` };
  return { area: 'relay', state: 'limited', text: 'Relays are allowed, and nobody offers one now.', advice: relayAdvice(relay) };
}

function offerFinding({ relay, nat }: NetFacts): NetFinding[] {
  if (!relay.isOffering) return [];
  if (relay.isServing)
    return [
      { area: 'relay', state: 'good', text: `You relay for members of your parties: ${counted(relay.served, 'pair')} now.` },
    ];
  const text =
    nat === 'open'
      ? 'You offer to relay; that is being announced.'
      : 'You offer to relay, but cannot: this machine is not reached from everywhere.';
  return [
    {
      area: 'relay',
      state: 'limited',
      text,
      ...(nat !== 'open' && { advice: 'Forward a UDP port to it, or switch the setting offerRelay off.' }),
    },
  ];
}

function directFinding({ direct, nat }: NetFacts): NetFinding {
  const { isOn, address, failure } = direct;
  if (!isOn) {
    return {
      area: 'direct',
      state: 'off',
      text: 'Direct TCP links to you are off (setting linkListen): you still dial others; without any link transfers run over UDP, slower.',
    };
  }
  if (failure)
    return {
      area: 'direct',
      state: 'bad',
      text: `Direct TCP links to you do not work: ${failure}`,
      advice: 'Change linkHost or linkPort in the settings.',
    };
  if (!address) return { area: 'direct', state: 'limited', text: 'Where direct TCP links are taken is not known yet.' };
  const text = `Direct TCP links are taken at ${address}: peers in your network use them, others only when that port is open to them.`;
  return {
    area: 'direct',
    state: 'good',
    text,
    ...(nat !== 'open' && {
      advice: `For faster transfers over the internet, forward the TCP port of ${address} in your router.`,
    }),
  };
}

function lanFinding({ lan, isLoopback }: NetFacts): NetFinding[] {
  if (!lan) return [];
  const area = 'lan';
  const [failure] = [...lan.failures, ...lan.interfaces.flatMap(({ failure: reason }) => (reason === undefined ? [] : [reason]))];
  switch (lan.state) {
    case 'off':
      return [{ area, state: 'off', text: 'Peers in your local network are not looked for (setting lanDiscovery).' }];
    case 'idle':
      return [
        {
          area,
          state: 'limited',
          text: 'There is nobody to look for in your local network: no party, and no peer added by key.',
        },
      ];
    case 'waiting':
      if (isLoopback && lan.missing === undefined)
        return [{ area, state: 'off', text: 'Everything runs on this machine: nobody is looked for in the local network.' }];
      return [
        {
          area,
          state: 'bad',
          text: lan.missing
            ? `The network interface ${lan.missing} of the settings is not here; it is waited for.`
            : 'No network interface is there to look for peers in your local network.',
          advice: 'Connect to a network, or choose another networkInterface in the settings.',
        },
      ];
    case 'on': {
      const names = [...new Set(lan.interfaces.map(({ name }) => name))].slice(0, 4).join(', ');
      const text = `Peers are looked for in your local network (${names}); ${lan.found} found in the last minutes.`;
      if (failure === undefined) return [{ area, state: 'good', text }];
      const advice = 'It is tried again. If it stays, allow UDP port 5353 and Potluck in the firewall of this machine.';
      return [{ area, state: 'limited', text: `${text} Not all of it works: ${failure}`, advice }];
    }
  }
}

function ipv6Finding({ hasIPv6, isLoopback }: NetFacts): NetFinding[] {
  if (isLoopback) return [];
  if (hasIPv6)
    return [
      { area: 'ipv6', state: 'good', text: 'You have a public IPv6 address: direct links use it, too. The DHT speaks IPv4.' },
    ];
  return [
    {
      area: 'ipv6',
      state: 'limited',
      text: 'You have no public IPv6 address. Nothing needs one; with one, more direct links come about.',
    },
  ];
}

function partiesFinding({ parties }: NetFacts): NetFinding[] {
  if (parties.length === 0)
    return [{ area: 'parties', state: 'limited', text: 'You are in no party.', advice: 'Join one by its name, or create one.' }];
  const announced = parties.filter(({ state }) => state === 'joined').length;
  const state = announced === parties.length ? 'good' : announced > 0 ? 'limited' : 'bad';
  return [
    {
      area: 'parties',
      state,
      text: `${announced} of ${counted(parties.length, 'party', 'parties')} announced: members find you there.`,
    },
  ];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function hostName(node: string): string {
  return node.replace(/^.*@/, '').replace(/:\d+$/, '');
}
