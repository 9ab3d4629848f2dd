# Calls main.ps1 with the arguments of args.json. Values come as data, never as source text.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Set-StrictMode -Version Latest

function ConvertTo-PostmillValue([System.Text.Json.JsonElement] $Element) {
    switch ([string] $Element.ValueKind) {
        'String' { return $Element.GetString() }
        'Number' {
            $whole = [long] 0
            if ($Element.TryGetInt64([ref] $whole)) { return $whole }
            return $Element.GetDouble()
        }
        'True' { return $true }
        'False' { return $false }
        'Array' {
            $items = [System.Collections.Generic.List[object]]::new()
            foreach ($item in $Element.EnumerateArray()) { $items.Add((ConvertTo-PostmillValue $item)) }
            return , $items.ToArray()
        }
        'Object' {
            $members = [ordered] @{}
            foreach ($member in $Element.EnumerateObject()) {
                $members[$member.Name] = ConvertTo-PostmillValue $member.Value
            }
            return [pscustomobject] $members
        }
    }
    return $null
}

try {
    $document = [System.Text.Json.JsonDocument]::Parse([System.IO.File]::ReadAllText('args.json'))
    $given = @{}
    foreach ($member in $document.RootElement.EnumerateObject()) {
        $given[$member.Name] = ConvertTo-PostmillValue $member.Value
    }
    & ./main.ps1 @given
    # Only `exit` with another status than 0 makes the call of a script fail.
    if (-not $?) { exit $LASTEXITCODE }
}
catch {
    [Console]::Error.WriteLine(($_ | Out-String).TrimEnd())
    exit 1
}
