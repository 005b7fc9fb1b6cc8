import { describe, expect, it } from 'vitest';
import { chooseProxy, readProxy } from '../../src/network/proxy-choice.ts';

const proxy = 'http://proxy.example.test:3128';
const api = 'https://aks-demo.hcp.example.test:443';

describe('the proxy for a URL', () => {
  it.each<[Record<string, string>, string, string | undefined]>([
    [{}, api, undefined],
    [{ HTTPS_PROXY: proxy }, api, 'HTTPS_PROXY'],
    [{ https_proxy: proxy }, api, 'https_proxy'],
    [{ https_proxy: proxy, HTTPS_PROXY: 'http://other:1' }, api, 'https_proxy'],
    [{ https_proxy: '', HTTPS_PROXY: proxy }, api, 'HTTPS_PROXY'],
    [{ ALL_PROXY: proxy }, api, 'ALL_PROXY'],
    [{ all_proxy: proxy, ALL_PROXY: 'http://other:1' }, api, 'all_proxy'],
    [{ HTTPS_PROXY: proxy, ALL_PROXY: 'http://other:1' }, api, 'HTTPS_PROXY'],
    [{ http_proxy: proxy }, api, undefined],
    [{ http_proxy: proxy }, 'http://imds.example.test/', 'http_proxy'],
    [{ HTTP_PROXY: proxy }, 'http://imds.example.test/', undefined],
    [{ HTTPS_PROXY: proxy }, 'http://imds.example.test/', undefined],
    [{ HTTPS_PROXY: proxy }, 'https://127.0.0.1:9443', undefined],
    [{ HTTPS_PROXY: proxy }, 'https://localhost:9443', undefined],
    [{ HTTPS_PROXY: proxy }, 'https://[::1]:9443', undefined],
    [{ ALL_PROXY: proxy }, 'http://169.254.169.254/metadata/identity/oauth2/token', undefined],
    [{ http_proxy: proxy }, 'http://169.254.169.254:80/', undefined],
    [{ HTTPS_PROXY: proxy }, 'https://169.254.10.1/', undefined],
    [{ HTTPS_PROXY: proxy }, 'https://[fe80::1]/', undefined],
    [{ HTTPS_PROXY: proxy }, 'https://169.254.169.254.example.test/', 'HTTPS_PROXY'],
    [{ HTTPS_PROXY: proxy }, 'https://[fec0::1]/', 'HTTPS_PROXY'],
  ])('by %j for %s is of %s', (environment, url, from) => {
    expect(chooseProxy(environment, new URL(url))?.from).toBe(from);
  });

  it.each<[string, string, boolean]>([
    ['*', api, true],
    ['*.example.test', api, true],
    ['*.hcp.example.test', api, true],
    ['.example.test', api, true],
    ['example.test', api, true],
    ['aks-demo.hcp.example.test', api, true],
    ['AKS-DEMO.HCP.EXAMPLE.TEST', api, true],
    ['aks-demo.hcp.example.test.', api, true],
    ['mo.hcp.example.test', api, false],
    ['hcp.example', api, false],
    ['other.test, .example.test', api, true],
    ['other.test .example.test', api, true],
    ['other.test,,\texample.test', api, true],
    ['example.test:443', api, true],
    ['example.test:6443', api, false],
    ['*:443', api, true],
    ['*.example.test:6443', 'https://a.example.test:6443', true],
    ['', api, false],
    ['.', api, false],
    ['*.', api, false],
    ['10.0.0.0/8', 'https://10.224.0.4:443', true],
    ['10.0.0.0/8', 'https://11.0.0.4', false],
    ['10.224.0.4', 'https://10.224.0.4', true],
    ['10.224.0.4:443', 'https://10.224.0.4', true],
    ['10.224.0.4:6443', 'https://10.224.0.4', false],
    ['10.224.0.0/33', 'https://10.224.0.4', false],
    ['10.224.0.0/x', 'https://10.224.0.4', false],
    ['0.0.0.0/0', 'https://10.224.0.4', true],
    ['fd00::/8', 'https://[fd12::1]:443', true],
    ['[fd12::1]', 'https://[fd12::1]', true],
    ['[fd12::1]:443', 'https://[fd12::1]', true],
    ['fd12::1', 'https://[fd12::1]', true],
    ['fe80::/10', 'https://[fd12::1]', false],
    ['0.4', 'https://10.224.0.4', false],
  ])('is passed by with NO_PROXY %j for %s: %s', (noProxy, url, isPast) => {
    const target = new URL(url);
    expect(chooseProxy({ HTTPS_PROXY: proxy, NO_PROXY: noProxy }, target) === undefined).toBe(isPast);
    expect(chooseProxy({ HTTPS_PROXY: proxy, no_proxy: noProxy }, target) === undefined).toBe(isPast);
  });

  it.each([
    ['proxy.example.test:3128', 'http://proxy.example.test:3128'],
    ['10.0.0.1:3128', 'http://10.0.0.1:3128'],
    ['http://user:p%40ss@proxy:3128/', 'http://proxy:3128'],
    ['user:secret@proxy:3128', 'http://proxy:3128'],
    ['https://proxy', 'https://proxy'],
    ['socks5://proxy:1080', 'socks5://proxy:1080'],
    ['socks5h://proxy:1080', 'socks5h://proxy:1080'],
  ])('is taken as curl takes %s', (text, origin) => {
    expect(readProxy(text, 'HTTPS_PROXY').origin).toBe(origin);
  });

  it.each([
    ['http://', 'HTTPS_PROXY is not the URL of a proxy.'],
    ['http://us er:secret@:x', 'HTTPS_PROXY is not the URL of a proxy.'],
    ['ftp://secret@proxy', 'HTTPS_PROXY begins with ftp://, and podid takes http, https, socks4 or socks5.'],
    [
      'http://user:100%secret@proxy',
      'HTTPS_PROXY has a % in its user or password that is not written as %25.',
    ],
  ])('is refused as %s, which is not repeated', (text, message) => {
    const read = () => readProxy(text, 'HTTPS_PROXY');
    expect(read).toThrow(expect.objectContaining({ code: 'InvalidUsage', exitCode: 2, message }));
  });
});
